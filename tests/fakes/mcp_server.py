"""A stdio MCP server with two tools: `plain` says hi, `form` asks the person and says what came back."""

import json
import sys
from typing import Any

FORM = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "title": "Name"},
        "age": {"type": "integer"},
        "ok": {"type": "boolean"},
        "ratio": {"type": "number"},
        "colour": {"type": "string", "enum": ["red", "blue"]},
    },
}
TOOLS = [
    {"name": name, "description": name, "inputSchema": {"type": "object", "properties": {}}}
    for name in ("plain", "form")
]


def send(**message: Any) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def said(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}]}


def serve() -> None:
    call: Any = None
    for message in map(json.loads, sys.stdin):
        method, ident = message.get("method"), message.get("id")
        if method == "initialize":
            send(
                id=ident,
                result={
                    "protocolVersion": message["params"]["protocolVersion"],
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "asker", "version": "1"},
                },
            )
        elif method == "tools/list":
            send(id=ident, result={"tools": TOOLS})
        elif method == "tools/call" and message["params"]["name"] == "plain":
            send(id=ident, result=said("hi"))
        elif method == "tools/call":
            call = ident
            send(id="form", method="elicitation/create", params={"message": "Fill in", "requestedSchema": FORM})
        elif ident == "form":
            send(id=call, result=said(json.dumps(message.get("result"), sort_keys=True)))
        elif ident is not None:
            send(id=ident, error={"code": -32601, "message": "no"})


if __name__ == "__main__":
    serve()
