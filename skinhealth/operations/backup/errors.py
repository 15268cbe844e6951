class BackupError(Exception):
    """A backup that cannot be made, or must not be restored; its words are for the operator."""
