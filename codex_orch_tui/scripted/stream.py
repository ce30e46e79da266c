"""Steps of a script as the server-sent events of the Responses API."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from codex_orch_tui.scripted.script import (
    Ask,
    Fail,
    McpCall,
    Patch,
    RequestPermissions,
    Say,
    Shell,
    Think,
    ToolStep,
    UpdatePlan,
    WriteStdin,
)

_SESSION = re.compile(r"session ID (\d+)")
_USAGE = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 200},
    "output_tokens": 80,
    "output_tokens_details": {"reasoning_tokens": 10},
    "total_tokens": 1280,
}


def created_event(answer: str) -> bytes:
    """The event that opens an answer."""
    return _event("response.created", {"response": {"id": answer}})


def failure_body(step: Fail) -> dict[str, Any]:
    """The body of an HTTP error, in OpenAI's form."""
    return {"error": {"message": step.message, "type": step.code, "code": step.code}}


def events_of(
    answer: str, steps: Sequence[ToolStep | Say | Think], items: Sequence[dict[str, Any]]
) -> Iterator[tuple[float, bytes]]:
    """Every event of one answer after the first, each with the seconds to wait before it.

    Args:
        answer: Id of the answer.
        steps: What the answer holds.
        items: The request's input; the session of a running terminal is found in it.
    """
    for index, step in enumerate(steps):
        name = f"{answer}_{index}"
        match step:
            case Say():
                yield from _said(name, index, step)
            case Think(text=text):
                yield from _thought(name, index, text)
            case _:
                yield from _whole(index, _call(name, step, items))
    yield 0.0, _event("response.completed", {"response": {"id": answer, "usage": _USAGE}})


def _said(name: str, index: int, step: Say) -> Iterator[tuple[float, bytes]]:
    item: dict[str, Any] = {"type": "message", "role": "assistant", "id": f"msg_{name}", "content": []}
    yield 0.0, _event("response.output_item.added", {"output_index": index, "item": item})
    size = -(-len(step.text) // max(1, step.chunks)) or 1
    for start in range(0, len(step.text), size):
        yield (
            step.delay_s,
            _event(
                "response.output_text.delta",
                {
                    "item_id": item["id"],
                    "output_index": index,
                    "content_index": 0,
                    "delta": step.text[start : start + size],
                },
            ),
        )
    done = {**item, "content": [{"type": "output_text", "text": step.text, "annotations": []}]}
    yield 0.0, _event("response.output_item.done", {"output_index": index, "item": done})


def _thought(name: str, index: int, text: str) -> Iterator[tuple[float, bytes]]:
    item: dict[str, Any] = {"type": "reasoning", "id": f"rs_{name}", "summary": []}
    where = {"item_id": item["id"], "output_index": index, "summary_index": 0}
    yield 0.0, _event("response.output_item.added", {"output_index": index, "item": item})
    yield 0.0, _event("response.reasoning_summary_part.added", where)
    yield 0.0, _event("response.reasoning_summary_text.delta", {**where, "delta": text})
    done = {**item, "summary": [{"type": "summary_text", "text": text}]}
    yield 0.0, _event("response.output_item.done", {"output_index": index, "item": done})


def _whole(index: int, item: dict[str, Any]) -> Iterator[tuple[float, bytes]]:
    yield 0.0, _event("response.output_item.added", {"output_index": index, "item": item})
    yield 0.0, _event("response.output_item.done", {"output_index": index, "item": item})


def _call(name: str, step: ToolStep, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    match step:
        case Shell():
            arguments: dict[str, object] = {"cmd": step.cmd}
            if step.escalate:
                arguments |= {"sandbox_permissions": "require_escalated", "justification": step.justification}
            if step.tty:
                arguments["tty"] = True
            if step.yield_time_ms is not None:
                arguments["yield_time_ms"] = step.yield_time_ms
            return _function(name, "exec_command", arguments)
        case WriteStdin():
            arguments = {"session_id": _session(items), "chars": step.chars}
            if step.yield_time_ms is not None:
                arguments["yield_time_ms"] = step.yield_time_ms
            return _function(name, "write_stdin", arguments)
        case Patch(text=text):
            return {
                "type": "custom_tool_call",
                "id": f"ct_{name}",
                "call_id": f"call_{name}",
                "name": "apply_patch",
                "input": text,
            }
        case Ask(questions=questions):
            return _function(name, "request_user_input", {"questions": list(questions)})
        case RequestPermissions():
            return _function(name, "request_permissions", {"permissions": step.permissions, "reason": step.reason})
        case McpCall():
            call = _function(name, step.tool, dict(step.arguments))
            return {**call, "namespace": f"mcp__{step.server}"}
        case UpdatePlan():
            plan = [{"step": text, "status": status} for text, status in step.steps]
            return _function(name, "update_plan", {"plan": plan, "explanation": step.explanation})
        case _:
            assert_never(step)


def _function(name: str, tool: str, arguments: dict[str, object]) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{name}",
        "call_id": f"call_{name}",
        "name": tool,
        "arguments": json.dumps(arguments),
    }


def _session(items: Sequence[dict[str, Any]]) -> int:
    for item in reversed(items):
        if str(item.get("type", "")).endswith("_output"):
            found = _SESSION.search(json.dumps(item.get("output"), ensure_ascii=False))
            if found:
                return int(found[1])
    return -1


def _event(kind: str, fields: dict[str, Any]) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False, separators=(",", ":"))
    return f"event: {kind}\ndata: {data}\n\n".encode()
