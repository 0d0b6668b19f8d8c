#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Conversations with sockoracle-probe on the live kernel.

usage: probe_test.py PROBE_BINARY [unittest arguments]
Exit status: 0 passed, 1 failed, 4 everything was skipped.

Expected answers are what every Linux since 4.4 does (net/socket.c:__sock_create,
net/ipv4/af_inet.c:inet_create); what depends on the release or on privileges is skipped with the
reason. No call here can make the kernel load a module: no alias exists for its type and protocol.
"""
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROBE = None
DENY_SOCKET_NR = {"x86_64": 41, "aarch64": 198}
AF_INET, STREAM, DGRAM, RAW, PACKET = 2, 1, 2, 3, 10


def release():
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int("".join(c for c in minor if c.isdigit()))


def converse(*requests, **options):
    """All requests at once; the answer's lines."""
    text = "".join(request + "\n" for request in requests)
    done = subprocess.run([PROBE], input=text.encode(), stdout=subprocess.PIPE, timeout=60,
                          check=True, **options)
    return done.stdout.decode().splitlines()


class Dialogue:
    """One request after the other."""

    def __init__(self):
        self.process = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=60)

    def send(self, request):
        self.process.stdin.write(request.encode() + b"\n")
        self.process.stdin.flush()

    def line(self):
        line = "\n"
        while line == "\n":         # an empty line says nothing
            line = self.process.stdout.readline().decode()
        if not line.endswith("\n"):
            raise EOFError("the probe ended")
        return line[:-1]

    def ask(self, request):
        self.send(request)
        return self.line()

    def ask_all(self, request):
        self.send(request)
        lines = []
        while not lines or (lines[-1] != "." and not lines[-1].startswith("error ")):
            lines.append(self.line())
        return lines

    def facts(self):
        words = [line.split(" ", 2) for line in self.ask_all("hello")]
        return {word[1]: word[2] for word in words if word[0] == "fact"}


class ProbeTest(unittest.TestCase):
    def in_context(self, ops, *requests):
        """The answers of requests inside a context; skips where it cannot be staged."""
        answer = converse("context c " + ops, *requests, "leave")
        if answer[0].startswith("context c skip "):
            self.skipTest(f"{ops}: {answer[0][15:]}")
        self.assertEqual(answer[0], "context c ok")
        self.assertEqual(answer[-1], "left c")
        return answer[1:-1]


class Calls(ProbeTest):
    def test_stream_runs_fold(self):
        self.assertEqual(converse("grid 2 1 0 8"), [
            "state 0", "s 0 0 0", "r 1 5 EPROTONOSUPPORT", "s 6 6 0", "r 7 8 EPROTONOSUPPORT",
            "."])

    def test_types_without_protocols(self):
        for socket_type in (0, 4, 7, 8, 9):
            self.assertEqual(converse(f"grid 2 {socket_type} 1 1"),
                             ["r 1 1 ESOCKTNOSUPPORT", "."])

    def test_types_out_of_range(self):
        for socket_type in (11, 12, 13, 14, 15, 16, -1, 0x7fffffff):
            self.assertEqual(converse(f"grid 2 {socket_type} 0 3"), ["r 0 3 EINVAL", "."])

    def test_family_out_of_range_wins_over_type(self):
        self.assertEqual(converse("grid 9999 15 0 0"), ["r 0 0 EAFNOSUPPORT", "."])
        self.assertEqual(converse("grid -1 65536 0 0"), ["r 0 0 EINVAL", "."])

    def test_protocol_extremes(self):
        if release() < (4, 4):
            self.skipTest("no protocol range check before 4.4")
        low, high = -2**31, 2**31 - 1
        self.assertEqual(converse(f"grids 2 2 {low} {low + 1},-1 0,{high - 1} {high}"), [
            f"r {low} {low + 1} EINVAL", "r -1 -1 EINVAL", "state 0", "s 0 0 0",
            f"r {high - 1} {high} EINVAL", "."])

    def test_values_of_a_stream_socket(self):
        answer = converse(
            "observe 0 fast SO_TYPE sockopt 1 3 4 i32",
            "observe 1 fast SO_PROTOCOL sockopt 1 38 4 i32 sym",
            "observe 2 fast SO_REUSEADDR sockopt 1 2 4 nonzero",
            "observe 3 fast sockname sockname",
            "observe 4 fast peername peername",
            "observe 5 fast mode fstat mode",
            "observe 6 fast nlink fstat nlink",
            "observe 7 fast F_GETFL fcntl getfl",
            "observe 8 fast F_GETFD fcntl getfd",
            "observe 9 fast proto xattr system.sockprotoname",
            "observe 10 fast SO_LINGER sockopt 1 13 8 u32s",
            "observe 11 fast IP_OPTIONS sockopt 0 4 40 len",
            "observe 12 fast IP_OPTIONS sockopt 0 4 40 hex",
            "observe 13 fast unknown sockopt 1 9999 4 i32",
            "observe 14 fast SIOCATMARK ioctl 0x8905",
            "observe 15 fast port sockname-port",
            "observe 16 fast SO_LINGER sockopt 1 13 8 hex",
            "observe 17 fast SO_LINGER sockopt 1 13 8 u64",
            f"grid 2 {STREAM | os.O_CLOEXEC | os.O_NONBLOCK} 6 6")
        self.assertEqual(answer, [
            "state 0 0=1 1=$protocol 2=0 3=2,0,0 4=!ENOTCONN 5=0140777 6=1 "
            f"7={os.O_RDWR | os.O_NONBLOCK} 8=1 9=TCP 10=0,0 11=0 12=len0 13=!ENOPROTOOPT 14=0 "
            "15=0 16=0000000000000000 17=0", "s 6 6 0", "."])

    def test_deep_reads_what_fast_does_not(self):
        observe = ("observe 0 fast SO_TYPE sockopt 1 3 4 i32",
                   "observe 7 deep alloc procline /proc/net/sockstat TCP: inuse",
                   "observe 8 deep row procrow /proc/net/tcp",
                   "observe 9 deep slab procprotoval /proc/net/protocols slab",
                   "observe 10 deep nofile procline /proc/none A B",
                   "observe 11 deep ino fdinfo ino",
                   "observe 12 deep link fdlink")
        self.assertEqual(converse(*observe, "grid 2 1 6 6"), ["state 0 0=1", "s 6 6 0", "."])
        if not os.path.exists("/proc/net/sockstat"):
            self.skipTest("no /proc/net/sockstat")
        answer = converse(*observe, "deep 2 1 6")
        words = answer[0].split(" ")
        self.assertEqual(words[:6] + words[-1:], [
            "state", "0", "0=1", "7=0", "8=0", "9=yes", "12=socket:[$inode]"])
        self.assertEqual(words[6], "10=!ENOENT")
        self.assertIn(words[7], ("11=$inode", "11=!ENOENT"))    # fdinfo has it since 5.14
        self.assertEqual(answer[1:], ["s 6 6 0", "."])

    def test_held_sockets_stay_open_until_dropped(self):
        with Dialogue() as probe:
            probe.send("hold 2 1 0 7,6 6")
            held = [probe.line().split() for _ in range(3)]
            self.assertEqual(probe.line(), ".")
            self.assertEqual([words[2:4] for words in held],
                             [["0", "0"], ["6", "6"], ["6", "6"]])
            for _, pid, _, _, fd in held:
                self.assertTrue(os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:"))
            probe.send("drop")
            self.assertEqual(probe.line(), "dropped 3")
            for _, pid, _, _, fd in held:
                self.assertFalse(os.path.exists(f"/proc/{pid}/fd/{fd}"))
            probe.send("drop")
            self.assertEqual(probe.line(), "dropped 0")

    def test_entries(self):
        # The same rules decide behind every entry: net/socket.c:__sock_create.
        calls = [f"call {entry} 2 {words}" for words in ("1 0", "3 0", "99 0")
                 for entry in ("socket", "io_uring", "socket32", "socketcall32")]
        answers = converse("process", *calls)
        self.assertRegex(answers.pop(0), "^process [1-9]")
        for group, expected in zip(range(0, 12, 4), ("ok", "EPROTONOSUPPORT", "EINVAL")):
            for answer in answers[group:group + 4]:
                self.assertRegex(answer, f"^called ({expected}|n/a .*)$")
            self.assertEqual(answers[group], f"called {expected}")
        self.assertEqual(converse("call socketpair 2 1 0", "call socketpair 1 1 0"),
                         ["called EOPNOTSUPP", "called ok"])

    def test_inode_numbers_tell_how_far_a_call_got(self):
        # Flags and ranges are checked before sock_alloc, everything else after it.
        for call, expected in (("2 1 0", 1), ("2 7 0", 1), ("2 1 263", 1), ("2 0x10001 0", 0),
                               ("-1 1 0", 0), ("2 15 0", 0)):
            self.assertEqual(converse("inodes " + call), [f"inodes {expected}"], call)

    def test_malformed_requests(self):
        for request in ("", "grid", "grid 2 1", "grid 2 1 3", "grid 2 1 3 2", "grid 2 1 x 4",
                        "grid 2 1 0 2147483648", "grid 2  1 0 0", "grid 2 1 0 0 ", "grids 2 1 0 0,",
                        "deep 2 1", "deep 2 1 0 0", "hold 2 1", "hold 2 1 1 0", "drop 1",
                        "inodes", "destroyed 2 1",
                        "call", "call x 2 1 0", "call socket 2 1", "process 1",
                        "hello you", "observe", "observe 256 fast a",
                        "observe 1 fast a sockopt 1 2 4", "observe 1 fast a sockopt 1 2 4 i33",
                        "observe 1 fast a sockopt 1 2 257 hex", "observe 1 slow a sockname",
                        "observe 1 fast a procrow /proc/net/raw", "observe 1 fast a fstat ino",
                        "observe 1 fast a sockname symbol", "leave", "read x", "x" * 70000):
            answer = converse(request, "grid 2 15 0 0")
            self.assertEqual(len([a for a in answer if a.startswith("error ")]), 1, request)
            self.assertEqual(answer[-2:], ["r 0 0 EINVAL", "."], request)

    def test_malformed_contexts_are_void(self):
        for ops in ("nonsense", "netns extra", "uid", "uid -1", "uid x", "caps some",
                    "caps only:nothing", "groups 1,", "sysctl net.ipv4.ip_no_pmtu_disc 1",
                    "netns; sysctl kernel.modprobe x", "netns; sysctl net.../kernel/x 1",
                    "netns; sysctl net.ipv4.ip_no_pmtu_disc", "cgroup", "cgroup a",
                    "netns;", "; netns"):
            answer = converse("context c " + ops, "grid 2 1 0 0", "observe 1 fast a sockname",
                              "context d", "leave", "leave", "grid 2 15 0 0")
            self.assertTrue(answer[0].startswith("error context: "), ops)
            self.assertEqual(answer[1:], ["void c"] * 3 + ["left c", "r 0 0 EINVAL", "."], ops)

    def test_states_are_said_again_after_a_context(self):
        self.assertEqual(converse("grid 2 1 0 0", "context c", "grid 2 1 0 0", "leave",
                                  "grid 2 1 0 0"),
                         ["state 0", "s 0 0 0", ".", "context c ok", "state 0", "s 0 0 0", ".",
                          "left c", "state 0", "s 0 0 0", "."])

    def test_end_of_input_and_quit_inside_a_context(self):
        self.assertEqual(converse("context c"), ["context c ok"])
        self.assertEqual(converse("context c", "context d", "quit", "hello"),
                         ["context c ok", "context d ok"])

    def test_read(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"a b=%\n\xff")
            file.flush()
            self.assertEqual(converse("read " + file.name), ["data a%20b%3d%25%0a%ff", "."])
        self.assertEqual(converse("read /nonexistent"), ["error read: ENOENT"])

    def test_timing_counts_once_asked(self):
        answer = converse("timing", "grid 2 1 0 0", "timing")
        self.assertEqual(answer[0], "timing socket 0 read 0 close 0")
        words = answer[-1].split(" ")
        self.assertEqual(words[:2] + words[3:6:2], ["timing", "socket", "read", "close"])
        self.assertGreater(int(words[2]), 0)
        self.assertGreater(int(words[6]), 0)


class Surroundings(ProbeTest):
    """Where things are missing, and what is left behind."""

    def test_death_of_a_context(self):
        with Dialogue() as probe:
            outer = probe.facts()["pid"]
            self.assertEqual(probe.ask("context c"), "context c ok")
            inner = probe.facts()["pid"]
            self.assertNotEqual(inner, outer)
            os.kill(int(inner), signal.SIGKILL)
            self.assertEqual(probe.line(), "context c died SIGKILL")
            self.assertEqual(probe.ask("grid 2 1 0 0"), "void c")
            self.assertEqual(probe.ask("leave"), "left c")
            self.assertEqual(probe.facts()["pid"], outer)

    def test_nothing_is_left_behind(self):
        def outside():
            with open("/proc/self/mountinfo", encoding="ascii") as mounts:
                seen = [mounts.read()]
            for path in ("/proc/modules", "/proc/sys/net/ipv4/ping_group_range",
                         "/proc/sys/net/ipv4/ip_no_pmtu_disc"):
                if os.path.exists(path):
                    with open(path, encoding="ascii") as file:
                        seen.append(sorted(line.split()[0] for line in file))
            return seen

        before = outside()
        with Dialogue() as probe:
            pid = probe.process.pid
            fds = sorted(os.listdir(f"/proc/{pid}/fd"))
            for ops in ("netns; sysctl net.ipv4.ip_no_pmtu_disc 3; mntns", "ownednetns 1000",
                        "userns; netns", "nofile 0", "uid 1000", "netns; netns",
                        "ownednetns 4294967294"):
                probe.ask("context c " + ops)
                probe.send("grids 2 2 0 2,262 263")
                probe.send("leave")
                while probe.line() != "left c":
                    pass
            self.assertEqual(sorted(os.listdir(f"/proc/{pid}/fd")), fds)
            try:
                with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
                    self.assertEqual(children.read(), "")
            except FileNotFoundError:
                pass                 # CONFIG_PROC_CHILDREN is off
        self.assertEqual(probe.process.returncode, 0)
        self.assertEqual(outside(), before)

    def test_no_proc(self):
        if os.geteuid() != 0:
            self.skipTest("chroot wants root")
        with tempfile.TemporaryDirectory() as root:
            shutil.copy(PROBE, root + "/probe")
            requests = ("observe 1 deep x procline /proc/net/sockstat TCP: alloc", "hello",
                        "deep 2 1 0", "context c userns", "leave", "grid 2 15 0 0")
            done = subprocess.run(["/probe"], input="\n".join(requests).encode() + b"\n",
                                  stdout=subprocess.PIPE, timeout=60, check=True,
                                  preexec_fn=lambda: os.chroot(root), cwd="/")
        answer = done.stdout.decode().splitlines()
        self.assertIn("fact seccomp !ENOENT", answer)
        at = answer.index("state 0 1=!ENOENT")
        self.assertEqual(answer[at + 1:at + 3], ["s 0 0 0", "."])
        self.assertTrue(answer[at + 3].startswith("context c skip userns "), answer[at + 3])
        self.assertEqual(answer[at + 4:], ["left c", "r 0 0 EINVAL", "."])

    def test_no_process_left(self):
        def bound():
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
            if os.geteuid() == 0:
                os.setresuid(54321, 54321, 54321)

        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            copy = shutil.copy(PROBE, folder + "/probe")
            os.chmod(copy, 0o755)
            done = subprocess.run([copy], input=b"context c netns\nleave\ngrid 2 15 0 0\n",
                                  stdout=subprocess.PIPE, timeout=60, check=True,
                                  preexec_fn=bound)
        self.assertEqual(done.stdout.decode().splitlines(), [
            "context c skip context fork EAGAIN", "left c", "r 0 0 EINVAL", "."])

    def test_seccomp_trap_is_an_answer(self):
        number = DENY_SOCKET_NR.get(os.uname().machine)
        if number is None:
            self.skipTest("number of socket() unknown here")
        libc = ctypes.CDLL(None, use_errno=True)

        class Filter(ctypes.Structure):
            _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte),
                        ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]

        class Program(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(Filter))]

        # Load the number, trap where it is socket's, allow the rest.
        filters = (Filter * 4)(Filter(0x20, 0, 0, 0), Filter(0x15, 0, 1, number),
                               Filter(0x06, 0, 0, 0x00030000), Filter(0x06, 0, 0, 0x7fff0000))
        program = Program(4, filters)

        def trap_socket():
            set_no_new_privs, set_seccomp, mode_filter = 38, 22, 2
            if (libc.prctl(set_no_new_privs, 1, 0, 0, 0) != 0 or
                    libc.prctl(set_seccomp, mode_filter, ctypes.byref(program)) != 0):
                os._exit(77)

        done = subprocess.run([PROBE], input=b"grid 2 1 -1 6\nhello\n", stdout=subprocess.PIPE,
                              timeout=60, check=False, preexec_fn=trap_socket)
        if done.returncode == 77:
            self.skipTest("no seccomp filters here")
        answer = done.stdout.decode().splitlines()
        self.assertEqual(answer[:2], ["r -1 6 SIGSYS", "."])
        self.assertIn("fact seccomp 2", answer)


RAW_DENIED = ["r 0 0 EPROTONOSUPPORT", "r 1 255 EPERM", "."]
RAW_GRANTED = ["r 0 0 EPROTONOSUPPORT", "state 0", "s 1 255 0", "."]
NOBODY = "groups none; gid 1000; uid 1000"


class Contexts(ProbeTest):
    """CAP_NET_RAW counts in the user namespace that owns the network namespace."""

    def check_raw(self, ops, expected):
        self.assertEqual(self.in_context(ops, "grid 2 3 0 255"), expected)

    def test_root(self):
        self.check_raw("netns", RAW_GRANTED)

    def test_nobody(self):
        self.check_raw(NOBODY + "; caps none", RAW_DENIED)
        self.check_raw(NOBODY, RAW_DENIED)

    def test_net_raw_only(self):
        self.check_raw(NOBODY + "; caps only:net_raw", RAW_GRANTED)

    def test_capabilities_kept(self):
        self.check_raw(NOBODY + "; caps keep", RAW_GRANTED)

    def test_all_but_net_raw(self):
        self.check_raw("netns; caps all-but:net_raw", RAW_DENIED)

    def test_root_uid_no_caps(self):
        self.check_raw("netns; caps none", RAW_DENIED)

    def test_userns_root(self):
        self.check_raw("userns; netns", RAW_GRANTED)

    def test_userns_root_of_nobody(self):
        self.check_raw(NOBODY + "; userns; netns", RAW_GRANTED)

    def test_userns_root_in_the_netns_of_its_parent(self):
        self.check_raw("userns", RAW_DENIED)

    def test_netns_owner(self):
        self.check_raw(f"ownednetns 1000; {NOBODY}; caps none", RAW_GRANTED)
        self.check_raw(f"ownednetns 1001; {NOBODY}; caps none", RAW_DENIED)

    def test_packet_asks_for_the_capability_first(self):
        self.assertEqual(self.in_context("netns; caps none", f"grid 2 {PACKET} 0 0"),
                         ["r 0 0 EPERM", "."])

    def check_ping(self, ops, expected):
        ops = "netns; sysctl net.ipv4.ping_group_range 2000 2000; " + ops
        self.assertEqual(self.in_context(ops, "grid 2 2 1 1"), expected)

    def test_ping_group(self):
        granted, denied = ["state 0", "s 1 1 0", "."], ["r 1 1 EACCES", "."]
        self.check_ping("groups none; gid 2000", granted)
        self.check_ping("groups none; egid 2000; uid 1000", granted)
        self.check_ping("groups 5,2000,7; gid 5", granted)
        self.check_ping("groups 1999,2001; gid 5", denied)

    def test_mptcp_off(self):
        if not os.path.exists("/proc/sys/net/mptcp/enabled"):
            self.skipTest("no MPTCP in this kernel")
        self.assertEqual(self.in_context("netns; sysctl net.mptcp.enabled 0", "grid 2 1 262 262"),
                         ["r 262 262 ENOPROTOOPT", "."])

    def test_sysctl_that_is_not_there(self):
        answer = converse("context c netns; sysctl net.ipv4.no_such_thing 1", "leave")
        if " skip netns " in answer[0]:
            self.skipTest(answer[0])
        self.assertEqual(answer[0],
                         "context c skip sysctl net.ipv4.no_such_thing ENOENT")

    def test_lack_of_privilege_is_said(self):
        answer = self.in_context("uid 1000; caps none", "context d uid 0", "leave")
        self.assertEqual(answer, ["context d skip uid setresuid EPERM lack of privilege",
                                  "left d"])

    def test_no_descriptor_left(self):
        # The descriptor comes last: whatever else is wrong wins over EMFILE.
        self.assertEqual(self.in_context("nofile 0", "grid 2 1 0 6", "grid 2 15 0 0"),
                         ["r 0 0 EMFILE", "r 1 5 EPROTONOSUPPORT", "r 6 6 EMFILE", ".",
                          "r 0 0 EINVAL", "."])
        self.assertEqual(self.in_context("nofile 1", "grid 2 1 0 1")[:2], ["state 0", "s 0 0 0"])

    def test_pmtu_is_sampled_at_creation(self):
        for value, expected in ((0, 1), (1, 0), (2, 0), (3, 0)):
            answer = self.in_context(f"netns; sysctl net.ipv4.ip_no_pmtu_disc {value}",
                                     "observe 0 fast IP_MTU_DISCOVER sockopt 0 10 4 i32",
                                     "grid 2 2 17 17")
            self.assertEqual(answer[0], f"state 0 0={expected}")

    def test_raw_socket_from_all_sides(self):
        answer = self.in_context(
            "netns",
            "observe 1 fast SO_PROTOCOL sockopt 1 38 4 i32 sym",
            "observe 2 fast sockname sockname sym",
            "observe 3 fast SO_REUSEADDR sockopt 1 2 4 i32",
            "observe 4 fast IP_HDRINCL sockopt 0 3 4 i32",
            "observe 10 deep inuse procline /proc/net/sockstat RAW: inuse",
            "observe 11 deep row procrow /proc/net/raw",
            "observe 12 deep port procfield /proc/net/raw local_address",
            "observe 13 deep st procfield /proc/net/raw st",
            "observe 14 deep sockets procproto /proc/net/protocols sockets",
            "deep 2 3 255", "grid 2 3 253 255")
        self.assertEqual(answer, [
            "state 0 1=$protocol 2=2,0,$protocol 3=1 4=1 10=1 11=1 12=00000000:00FF 13=07 14=1",
            "s 255 255 0", ".", "state 1 1=$protocol 2=2,0,$protocol 3=1 4=0", "s 253 254 1",
            "state 2 1=$protocol 2=2,0,$protocol 3=1 4=1", "s 255 255 2", "."])

    def test_more_states_than_the_probe_remembers(self):
        # Each cookie is another state; ids start again when the table is full.
        requests = ["observe 0 fast SO_COOKIE sockopt 1 57 8 u64"] + ["grid 2 3 1 255"] * 20
        known, cookies, runs = {}, set(), 0
        for line in self.in_context("netns", *requests):
            words = line.split(" ")
            if words[0] == "state":
                known[words[1]] = words[2]
            elif words[0] == "s":
                cookies.add(known[words[3]])
                runs += 1
        if "0=!ENOPROTOOPT" in cookies:
            self.skipTest("no SO_COOKIE before 4.12")
        self.assertEqual((runs, len(cookies)), (20 * 255, 20 * 255))
        self.assertEqual(len(known), 4096)

    def test_contexts_nest(self):
        answer = self.in_context("netns", "context d caps none", "grid 2 3 1 1", "leave",
                                 "grid 2 3 1 1")
        self.assertEqual(answer, ["context d ok", "r 1 1 EPERM", ".", "left d", "state 0",
                                  "s 1 1 0", "."])


def main():
    global PROBE
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        print("usage: probe_test.py PROBE_BINARY [unittest arguments]", file=sys.stderr)
        return 64
    PROBE = os.path.abspath(sys.argv[1])
    program = unittest.main(argv=[sys.argv[0]] + sys.argv[2:], exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        return 1
    return 4 if result.testsRun == len(result.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
