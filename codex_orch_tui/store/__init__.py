"""The state folder: files that survive a kill, a full disk and a bad block, and are never followed through a link.

Errors, all with a clean message and, where there is one, the next step:

    StoreError
    ├── LockHeld       another process is the writer
    ├── JournalError   the journal is not safe on disk
    └── RawLogError    a worker's log lost bytes
"""
