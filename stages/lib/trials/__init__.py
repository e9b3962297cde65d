"""Programs trained beside each other, and what may be said of them."""
