# SPDX-License-Identifier: GPL-2.0-only
"""One row of ci/newcomer, inside its namespaces: newcomer_inside.py PLAN RESULT.

Lays the system out, enters it, runs both commands in the clone, and ends all that is left of them.
Traits: root, user (who runs them); bare (nothing is installed for them); pids (PID 1 of a namespace
of one's own), lazy (it reaps nobody else's children); chroot (not the namespace's root: Linux then
allows no user namespace); no-tracing, no-shm, read-only-sys, one-core, docker.
"""
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SYS_PIVOT_ROOT, PR_SET_CHILD_SUBREAPER, PR_CAPBSET_DROP, PR_SET_SECCOMP = 155, 36, 24, 22

# What Docker leaves to root: chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap,
# net_bind_service, net_raw, sys_chroot, mknod, audit_write, setfcap (docs.docker.com, "Linux kernel
# capabilities").
DOCKER_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)
# x86_64 numbers of calls that its default profile refuses without further capabilities
# (docs.docker.com, "Seccomp security profiles for Docker"): the mount calls, namespaces, modules,
# clocks, keys, kexec, swap, bpf, perf_event_open, userfaultfd, io_uring, NUMA placement.
DOCKER_REFUSES = (
    155, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 175, 176, 179, 180, 212, 227, 237,
    238, 239, 246, 248, 249, 250, 272, 279, 298, 300, 304, 305, 308, 312, 313, 320, 321, 323, 425,
    426, 427, 428, 429, 430, 431, 432, 433, 442)
CLONE, CLONE3, SOCKET, PERSONALITY = 56, 435, 41, 135
CLONE_NAMESPACES = 0x7e020000
ADDR_NO_RANDOMIZE = 0x0040000
REFUSED_FAMILIES = (38, 40)                                 # AF_ALG, AF_VSOCK
EPERM, ENOSYS = 1, 38


def machine():
    return os.uname().machine


def checked(value, what):
    if value != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(*words):
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(0, f"mount {' '.join(map(str, words))}: {done.stderr.strip()}")


# ---- the system ---------------------------------------------------------------------------------

def lay_out(plan, root):
    upper, work = plan["upper"], plan["upper"] and plan["upper"] + ".work"
    if upper is None:
        mount("-t", "tmpfs", "-o", "size=70%", "newcomer", root)
        upper, work = root / "upper", root / "work"
        for folder in (upper, work, root / "root"):
            folder.mkdir()
        root = root / "root"
    mount("-t", "overlay", "newcomer", "-o",
          f"lowerdir={':'.join(plan['lower'])},upperdir={upper},workdir={work}", root)
    for source, goal in plan["binds"].items():
        goal = root / goal[1:]
        if Path(source).is_dir():
            goal.mkdir(parents=True, exist_ok=True)
        else:
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.touch()
        mount("--bind", source, goal)
    for name in ("resolv.conf", "hosts"):
        if Path("/etc", name).exists():
            (root / "etc" / name).write_bytes(Path("/etc", name).read_bytes())
    home = root / "srv/newcomer"
    home.mkdir(parents=True, exist_ok=True)
    os.chown(home, 1000, 1000)
    return root


def lay_out_kernel(traits, root):
    mount("-t", "proc", "proc", root / "proc")
    if "read-only-sys" in traits:
        mount("--bind", root / "proc/sys", root / "proc/sys")
        mount("-o", "remount,bind,ro", root / "proc/sys")
    mount("-t", "sysfs", "sysfs", root / "sys")
    if "no-tracing" in traits:
        mount("-t", "tmpfs", "newcomer", root / "sys/kernel")
        (root / "sys/kernel/btf").mkdir()
        mount("--bind", "/sys/kernel/btf", root / "sys/kernel/btf")
    for place in ("fs/cgroup", "fs/bpf", "kernel/tracing"):
        if (root / "sys" / place).is_dir() and os.path.ismount(f"/sys/{place}"):
            mount("--rbind", f"/sys/{place}", root / "sys" / place)
    dev = root / "dev"
    mount("-t", "tmpfs", "newcomer", dev)
    for name in DEVICES:
        (dev / name).touch()
        mount("--bind", f"/dev/{name}", dev / name)
    for name, goal in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"),
                       ("stderr", "fd/2"), ("ptmx", "pts/ptmx")):
        (dev / name).symlink_to(goal)
    (dev / "pts").mkdir()
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620", "devpts", dev / "pts")
    if "no-shm" not in traits:
        (dev / "shm").mkdir()
        mount("-t", "tmpfs", "-o", "mode=1777", "newcomer", dev / "shm")


def enter(traits, root):
    os.chdir(root)
    if "chroot" in traits:
        os.chroot(".")
    else:
        (root / "srv/before").mkdir(exist_ok=True)
        checked(LIBC.syscall(SYS_PIVOT_ROOT, b".", b"srv/before"), "pivot_root")
        os.chroot(".")
        os.chdir("/")
        detach = 2
        checked(LIBC.umount2(b"/srv/before", detach), "umount /srv/before")
    os.chdir("/")


# ---- confinement --------------------------------------------------------------------------------

class Filter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte),
                ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(Filter))]


def docker_filter():
    """The calls above, and those that depend on an argument; other architectures pass."""
    load, equal, test, answer = 0x20, 0x15, 0x45, 0x06
    number, arch, first, allow, error = 0, 4, 16, 0x7fff0000, 0x00050000
    refuse = [Filter(answer, 0, 0, error | EPERM)]
    code = [Filter(load, 0, 0, arch), Filter(equal, 1, 0, 0xc000003e),
            Filter(answer, 0, 0, allow), Filter(load, 0, 0, number)]
    for call in DOCKER_REFUSES:
        code += [Filter(equal, 0, 1, call), *refuse]
    code += [Filter(equal, 0, 1, CLONE3), Filter(answer, 0, 0, error | ENOSYS)]
    for call, kind, values in ((CLONE, test, (CLONE_NAMESPACES,)),
                               (PERSONALITY, test, (ADDR_NO_RANDOMIZE,)),
                               (SOCKET, equal, REFUSED_FAMILIES)):
        body = [Filter(load, 0, 0, first)]
        for value in values:
            body += [Filter(kind, 0, 1, value), *refuse]
        body.append(Filter(answer, 0, 0, allow))
        code += [Filter(equal, 0, len(body), call), *body]
    return code + [Filter(answer, 0, 0, allow)]


def confine(traits):
    """In the process that becomes the command."""
    if "one-core" in traits:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if "docker" in traits:
        code = docker_filter()
        program = Program(len(code), (Filter * len(code))(*code))
        checked(LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0), "seccomp")
        for capability in range(64):
            if capability not in DOCKER_CAPABILITIES:
                LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)    # those that exist
    if "user" in traits:
        os.setgroups([])
        os.setgid(1000)
        os.setuid(1000)


# ---- the commands -------------------------------------------------------------------------------

def environment(traits, place):
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                 "HOME": "/srv/newcomer" if "user" in traits else "/root", "LC_ALL": "C",
                 "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "safe.directory",
                 "GIT_CONFIG_VALUE_0": "*", "GIT_CONFIG_KEY_1": "advice.detachedHead",
                 "GIT_CONFIG_VALUE_1": "false"}
    if "SOCKORACLE_JOBS" in os.environ:
        variables["SOCKORACLE_JOBS"] = os.environ["SOCKORACLE_JOBS"]
    # Not part of what is tried: objects that were compiled before need not be again.
    if Path("/usr/bin/ccache").exists():
        variables.update(CMAKE_C_COMPILER_LAUNCHER="ccache", CMAKE_CXX_COMPILER_LAUNCHER="ccache",
                         CCACHE_DIR="/var/cache/ccache", CCACHE_BASEDIR=str(Path(place).parent),
                         CCACHE_NOHASHDIR="1")
    return variables


class Stopped(Exception):
    """A signal asks for the end."""


def stop(*_):
    raise Stopped


def run(command, traits, place, lazy):
    """Exit status; as PID 1 also whoever is orphaned is reaped, unless lazy."""
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            confine(traits)
            os.execve("/bin/sh", ["sh", "-c", command],
                      {**environment(traits, place), "PLACE": place})
        except OSError as error:
            print(f"newcomer: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    try:
        while True:
            ended, status = os.waitpid(pid if lazy else -1, 0)
            if ended == pid:
                return os.waitstatus_to_exitcode(status)
    except Stopped:
        os.killpg(pid, signal.SIGTERM)
        for _ in range(100):
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                break
            time.sleep(0.1)
        raise


def end_the_rest():
    """Whoever outlived the commands: they became children of this process."""
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    while listing.exists():
        found = [int(word) for word in listing.read_text().split()]
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            if not found:
                return


def main():
    plan, result = json.loads(sys.argv[1]), Path(sys.argv[2])
    traits, place, said = plan["traits"], plan["place"], {}
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    out = os.open(result.parent, os.O_PATH | os.O_DIRECTORY)
    lazy = "lazy" in traits
    try:
        root = lay_out(plan, Path(plan["mount"]))
        lay_out_kernel(traits, root)
        enter(traits, root)
        if plan["upper"]:   # what was kept may be of a row that was interrupted while it installed
            run("dpkg --configure -a", [], place, lazy)
        print("=== clone", flush=True)
        status = run(plan["clone"], [t for t in traits if t in ("user",)], place, lazy)
        for name, command in plan["commands"].items() if status == 0 else ():
            print(f"=== {name}", flush=True)
            start = time.monotonic()
            status = run(f'cd "$PLACE" && exec {command}', traits, place, lazy)
            said[name] = [status, time.monotonic() - start]
    except Stopped:
        said = {}
    except OSError as error:
        print(f"newcomer: {error.strerror}", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_the_rest()
    if said:
        file = os.open(result.name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=out)
        os.write(file, json.dumps(said).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
