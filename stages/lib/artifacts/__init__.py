"""What the stages hand to each other, checked where it is read."""
