"""What a run leaves behind for people and other programs: results, reports, patches, readable logs, metrics."""
