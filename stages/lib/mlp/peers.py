"""Waiting until all processes of a team are there, before TensorFlow does.

Its own wait is inside compiled code, which an hour, Ctrl-C and SIGTERM leave unmoved. Here the
first process listens at its own address, the others call, and all go on together, or each says in
a line who is missing.
"""

import socket
import time

from stages.lib.core.errors import UserError

# Seconds to wait: somebody starts the processes one after the other.
PATIENCE = 300.0
_GO = b"go\n"


def wait_for_peers(hosts: list[str], index: int) -> None:
    """Return when a process for every one of the hosts ("name:port") is here; this one is at
    `index`. Raises UserError after PATIENCE seconds, and when the first one's port is taken."""
    deadline = time.monotonic() + PATIENCE
    if index == 0:
        _wait_for_others(hosts, deadline)
    else:
        _call_the_first(hosts[0], index, deadline)


def _wait_for_others(hosts: list[str], deadline: float) -> None:
    port = int(hosts[0].rpartition(":")[2])
    missing, calls = set(range(1, len(hosts))), []
    try:
        server = socket.create_server(("", port))
    except OSError as error:
        raise UserError("TF_CONFIG", f"port {port} to be free", f"{error}") from None
    with server:
        while missing:
            try:
                server.settimeout(max(0.01, deadline - time.monotonic()))
                call, _ = server.accept()
                call.settimeout(1.0)
                received = call.recv(16)
            except OSError:
                if time.monotonic() < deadline:
                    continue
                absent = ", ".join(hosts[peer] for peer in sorted(missing))
                raise UserError(
                    "TF_CONFIG",
                    f"{len(hosts)} processes within {PATIENCE:g} s",
                    f"nothing from {absent}",
                ) from None
            if received.isdigit() and int(received) in missing:
                missing.remove(int(received))
                calls.append(call)
        for call in calls:
            call.sendall(_GO)
        for call in calls:
            call.recv(1)  # The caller closes first, so that the port is free at once.
            call.close()


def _call_the_first(host: str, index: int, deadline: float) -> None:
    name, _, port = host.rpartition(":")
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((name.strip("[]"), int(port)), timeout=5.0) as call:
                call.sendall(str(index).encode())
                call.settimeout(max(0.01, deadline - time.monotonic()))
                if call.recv(len(_GO)) == _GO:
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise UserError(
        "TF_CONFIG", f"all processes within {PATIENCE:g} s", f"no word from the first, at {host}"
    )
