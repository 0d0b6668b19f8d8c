# SPDX-License-Identifier: GPL-2.0-only
"""This machine as another one: an sshd of its own, with its own keys, on a free port of loopback.

It reads and writes nothing outside its folder, and ends with the `with` block.
"""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

# sshd wants this folder where it starts as root: it gets one in a mount namespace.
AS_ROOT = ["unshare", "--mount", "sh", "-c",
           'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"', "sh"]
SERVER = """ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
AcceptEnv TMPDIR
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
"""
CLIENT = """Host {name}
  HostName 127.0.0.1
  HostKeyAlias box
  Port {port}
  User {user}
  IdentityFile {folder}/{key}
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/{known}
  GlobalKnownHostsFile none
  SetEnv TMPDIR={there}
"""


def sshd():
    return shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class SshMachine:
    """`config` knows the hosts box, and deaf, stranger, impostor and full, which cannot be used."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.remote = self.folder / "remote"  # where the other machine keeps temporary files
        self.remote.mkdir()
        self.config = self.folder / "config"
        self.port = free_port()
        for key in ("host", "user", "other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                            str(self.folder / key)], check=True)
        self.write_configuration()
        command = [sshd(), "-D", "-e", "-f", str(self.folder / "sshd_config")]
        self.log = (self.folder / "log").open("w+")
        self.server = subprocess.Popen((AS_ROOT if os.geteuid() == 0 else []) + command,
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        return self

    def write_configuration(self):
        (self.folder / "sshd_config").write_text(
            SERVER.format(port=self.port, folder=self.folder))
        for known, key in (("known", "host"), ("wrong", "other")):
            kind, number = (self.folder / f"{key}.pub").read_text().split()[:2]
            (self.folder / known).write_text(f"box {kind} {number}\n")
        rows = [("box", self.port, "user", "known", self.remote),
                ("deaf", free_port(), "user", "known", self.remote),
                ("stranger", self.port, "other", "known", self.remote),
                ("impostor", self.port, "user", "wrong", self.remote),
                ("full", self.port, "user", "known", self.folder / "nowhere")]
        self.config.write_text("".join(
            CLIENT.format(name=name, port=port, key=key, known=known, there=there,
                          folder=self.folder, user=pwd.getpwuid(os.geteuid()).pw_name)
            for name, port, key, known, there in rows))

    def subject(self, host):
        return f"cmd:sockoracle-ssh -F {self.config} {host}"

    def why_not(self):
        """'' once it lets us in, else the last line that it or ssh said."""
        done = None
        for _ in range(50):
            done = subprocess.run(["ssh", "-F", str(self.config), "-o", "BatchMode=yes", "box",
                                   "true"], capture_output=True, text=True)
            if done.returncode == 0:
                return ""
            if self.server.poll() is not None or "refused" not in done.stderr:
                break
            time.sleep(0.1)
        self.log.seek(0)
        said = (done.stderr + self.log.read()).strip().split("\n")
        return said[-1]

    def processes(self):
        """Those whose program was a file in the folder of temporary files."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/exe"):
            try:
                if os.readlink(path).startswith(f"{self.remote}/"):
                    found.append(int(path.parent.name))
            except OSError:
                pass
        return found

    def files(self):
        return sorted(path.name for path in self.remote.iterdir())

    def __exit__(self, *ignored):
        self.server.terminate()
        self.server.wait(timeout=10)
        self.log.close()
        self.temporary.cleanup()
