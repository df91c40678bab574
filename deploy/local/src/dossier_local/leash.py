"""Started as a script by `processes.py`: ties this process to its parent's life, then becomes the real command.

    python -I -S leash.py <parent pid> <command> [argument ...]

On Linux the kernel sends SIGKILL when the parent dies, however it dies; elsewhere the next `dossier` command sweeps what a
killed parent left (state.py). Imports stay minimal: this runs once per process started.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - becoming the command is the purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
