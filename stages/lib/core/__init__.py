"""What every stage builds on: errors, the command, the lock, files in and out, commits."""
