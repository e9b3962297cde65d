"""A patch proven in plain Keras: the script as it was beside the patched one."""
