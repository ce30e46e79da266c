"""What some commands tell, as it crosses between two programs."""

from pydantic import TypeAdapter

from codex_orch_tui.domain.cleaning import Cleaned
from codex_orch_tui.domain.merge import Merged, MergePreview, Updated
from codex_orch_tui.domain.run_landing import RunLandingPreview

MERGE_PREVIEW = TypeAdapter(MergePreview)
LANDING_PREVIEW = TypeAdapter(RunLandingPreview)
MERGED = TypeAdapter(Merged)
UPDATED = TypeAdapter(Updated)
CLEANED = TypeAdapter(Cleaned)
