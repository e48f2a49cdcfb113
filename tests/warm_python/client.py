# Asks the server for a process that runs a module, a script or code, passes signals on to it, and ends as it ends.
# Calls with other options go to the real Python. A program sets REAL, SOCKET and WORDS above this.
import json
import os
import signal
import socket
import sys

words = [*WORDS, *sys.argv[1:]]  # noqa: F821
rest, warnings, unbuffered = list(words), [], False
while rest[:1] in (["-u"], ["-W"]):
    if rest.pop(0) == "-W":
        warnings.append(rest.pop(0))
    else:
        unbuffered = True
if not rest or (rest[0] not in ("-m", "-c") and rest[0].startswith("-")):
    os.execv(REAL, [REAL, *words])  # noqa: F821
request = {"argv": rest, "warnings": warnings, "unbuffered": unbuffered, "environ": dict(os.environ)}
request |= {"cwd": os.getcwd(), "python": os.path.join(os.path.dirname(sys.argv[0]), "python")}
with socket.socket(socket.AF_UNIX) as server:
    server.connect(SOCKET)  # noqa: F821
    content = json.dumps(request).encode()
    socket.send_fds(server, [len(content).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(content)
    with server.makefile("r") as answers:
        process = int(answers.readline())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: os.kill(process, number))
        status = int(answers.readline())
if status < 0:
    if -status != signal.SIGKILL:
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
sys.exit(status)
