"""What the stages and tools share."""
