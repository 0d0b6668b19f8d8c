// SPDX-License-Identifier: GPL-2.0-only
// The command line: which commands there are and which flags they take. What they do is elsewhere.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <sstream>
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/base/terminal.h"
#include "conformance/base/text_file.h"
#include "conformance/base/tool_name.h"
#include "conformance/cli/cli_effects.h"
#include "conformance/cli/commands_check.h"
#include "conformance/cli/commit.h"
#include "conformance/explain/ask.h"
#include "conformance/explain/explain.h"
#include "conformance/explain/history_text.h"
#include "conformance/explain/list_text.h"
#include "conformance/explain/repro.h"
#include "conformance/explain/table_text.h"
#include "conformance/judge/audit.h"
#include "conformance/judge/replay.h"
#include "conformance/judge/strace_verdicts.h"
#include "conformance/process/process_world.h"
#include "conformance/situation/filter_text.h"
#include "conformance/situation/situation.h"
#include "conformance/vm/own_program.h"
#include "conformance/vm/setup.h"
#include "conformance/watch/watch.h"
#include "conformance/whitebox/whitebox.h"
#include "conformance/words/step_text.h"
#include "conformance/world/cli_names.h"
#include "conformance/world/cli_world.h"
#include "conformance/world/pasted_call.h"

namespace sockoracle {
namespace {

constexpr const char* kCallHelp =
    "as strace, C or a log has it: 'socket(AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_ICMP)'; "
    "numbers work as well: 'socket(2, 0x80003, 1)'";

constexpr const char* kSubjectHelp =
    "host, a release, vm:6.12, vm:6.12-modules, vm (with --kernel), uml, cmd:COMMAND, a name of "
    "`list subjects`, or a recording";

// Text for programs, as it is.
void put(const std::string& text) { write_file_atomically("-", text); }

// `with_caller`: the command takes the caller and what a context brings. Flags that it does not
// take are still read, so that the refusal says why, but no help names them.
void add_world_flags(CLI::App& command, WorldFlags& flags, bool with_caller = true) {
  const auto add_form = [&](const ItemForm& form, std::vector<std::string>& typed) {
    CLI::Option* option =
        command.add_option(std::string(form.flag), typed, std::string(form.help))
            ->type_name(std::string(form.value))
            ->take_all()
            ->allow_extra_args(false)  // what follows is the next argument, not one more value
            ->group(with_caller || !form.of_context ? "World" : "");
    if (form.shape == Shape::one || form.shape == Shape::comma)
      option->multi_option_policy(CLI::MultiOptionPolicy::Throw)->expected(1);
  };
  const auto single = [&](const char* name, std::string& value, const char* type,
                          const char* help) {
    command.add_option(name, value, help)->type_name(type)->group("World");
  };
  for (size_t i = 0; i < item_forms().size(); ++i) {
    if (!item_forms()[i].flag.empty()) add_form(item_forms()[i], flags.typed[i]);
    if (i != 0) continue;
    single("--world", flags.world, "FILE|host|pid:N",
           "a world as JSON (- is standard input), this machine's, or that of a process of it "
           "(self: of this command)");
    single("--kernel-config", flags.kernel_config, "FILE",
           "a kernel's .config, plain or gzip; - is standard input");
  }
}

void add_machine_flags(CLI::App& command, MachineOptions& machine) {
  constexpr const char* kGroup = "Machine (vm and uml)";
  const auto add = [&](const char* name, std::string& value, const char* type, const char* help) {
    command.add_option(name, value, help)->type_name(type)->group(kGroup);
  };
  add("--kernel", machine.kernel, "FILE",
      "the image that --subject vm boots; --kernel-config is its .config then");
  add("--modules", machine.modules, "DIR", "load the protocol modules below it");
  add("--append", machine.append, "TEXT", "more words for the kernel's command line");
  command
      .add_option("--time-limit", machine.time_limit,
                  "900 for boot and all answers, 1800 with --deep")
      ->type_name("SECONDS")
      ->check(CLI::PositiveNumber)
      ->group(kGroup);
}

// One Setup function per command: adds the command; its callback leaves the exit status in *status.
struct State {
  WorldFlags flags;
  std::string call, what, format = "text", family = "AF_INET";
  ExplainOptions explain;
  HistoryOptions history;
  TableOptions table;
  RecordOptions record;
  CheckOptions check;
  DiffOptions diff;
  ReportOptions report;
  ReplayOptions replay;
  ReproOptions repro;
  WatchOptions watch;
  std::string style = "plain", output = "-", about;
  std::vector<std::string> logs;
  std::string replay_as = "program";
  TerminalFlags terminal;
  bool requests = false, live = false;
  int status = kExitOk;
};

// Text for people, unless it was asked for as JSON.
void put(const State& state, const std::string& text) {
  if (state.format == "json") return put(text);
  show(text);
}

void add_format(CLI::App& command, State& state) {
  command.add_option("--format", state.format, "text or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
}

// The running kernel has the world it has; only the caller's context can be chosen.
std::string live_context(const State& state) {
  for (const Item& item : state.flags.items()) {
    if (item.kind == ItemKind::context) continue;
    throw UsageError("--live asks the running kernel: of the world flags it takes --as only");
  }
  const std::string as = state.flags.last(ItemKind::context);
  const std::string context = as.empty() ? "root" : as;
  if (names_process(context))
    throw UsageError("--live --as " + context +
                     ": accepted is a context that can be staged (list worlds)");
  if (find_context(context) == nullptr) throw UsageError("no context \"" + context + "\"");
  if (state.format == "json" || !state.explain.error.empty() || state.explain.state ||
      state.explain.fields) {
    throw UsageError(
        "--live shows steps, as text: without --format json, --errno, --fields and --state");
  }
  return context;
}

void add_explain(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("explain", "why a call gets its answer");
  command.footer(
      "The answer, the rule that decides it, the releases on which it holds, and the smallest\n"
      "changes that turn a failure into a success, or a success into a failure. A call that\n"
      "was pasted with its result is compared with it: exit status 1 where the model answers\n"
      "otherwise.\n\nExamples:\n"
      "  sockoracle explain 'socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)' --as nobody\n"
      "  sockoracle explain 'socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP)' --module sctp=absent\n"
      "  sockoracle explain 'socket(2, 3, 1)' --errno EPERM\n"
      "  sockoracle explain 'socket(AF_INET, SOCK_RAW, 1) = -1 EPERM' --world host\n"
      "  sockoracle explain 'socket(AF_INET, SOCK_STREAM, 0)' --release 3.12");
  command.add_option("CALL", state.call, kCallHelp)->required();
  command
      .add_option("--errno", state.explain.error,
                  "the reverse: the causes of this errno, likely ones first; its name, number or "
                  "text")
      ->type_name("ERRNO");
  command.add_flag("--every-errno", state.explain.every_errno,
                   "all errnos that the call can give, by whom, and how strace fakes each");
  command
      .add_option("--system", state.explain.system,
                  "what only looks like Linux: gvisor, wsl1, lx, qemu-user (recognised by a "
                  "release that says so)")
      ->type_name("NAME");
  command.add_flag("--sensitivity", state.explain.sensitivity,
                   "whether the answer depends on what the kernel may have taken over from later "
                   "releases (shown unasked for vendors' kernels, candidates and newer ones)");
  command.add_flag("--steps", state.explain.steps, "every step of the path");
  command.add_flag("--fields", state.explain.fields, "the kernel's fields of the fresh socket");
  command.add_flag("--state", state.explain.state,
                   "those, and every option and view of the fresh socket");
  command.add_flag("--live", state.live,
                   "beside the running kernel's steps (needs root; of the world flags only --as)");
  command
      .add_option("--subject", state.record.subject,
                  "with --live: host, or a machine to boot for it: vm:6.12, vm (with --kernel)")
      ->type_name("SUBJECT");
  add_format(command, state);
  add_machine_flags(command, state.record.asking.machine);
  add_world_flags(command, state.flags);
  command.callback([&state] {
    state.explain.json = state.format == "json";
    const PastedCall pasted = pasted_call(state.call);
    const Call& call = pasted.call;
    state.explain.pasted = pasted.error;
    const std::string& subject = state.record.subject;
    if (!state.live && (subject != "host" || !state.record.asking.machine.empty()))
      throw UsageError("--subject and the flags of a machine go with --live");
    if (state.live) {
      if (!state.record.asking.machine.kernel.empty())
        state.record.asking.machine.config.swap(state.flags.kernel_config);
      const std::string context = live_context(state);
      const std::vector<std::string> words{"explain", call_text(call), "--live", "--as", context};
      put(state, is_machine(subject) ? output_inside(subject, words, state.record.asking)
                                     : explain_live_text(call, context));
      return;
    }
    check_explain_flags(state.explain);
    const Setting setting = setting_for(build_situation(state.flags.items()), call);
    check_faults(setting, call);
    if (state.explain.every_errno) {
      put(state, every_errno_text(setting, call, state.explain));
      state.status = answered_status(setting, call);
      return;
    }
    put(state, state.explain.error.empty() ? explain_text(setting, call, state.explain)
                                           : causes_text(setting, call, state.explain));
    state.status = pasted_differs(setting, call, state.explain) ? kExitDifference
                                                                : answered_status(setting, call);
  });
}

void add_history(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("history", "the answer on every release");
  command.footer(
      "Releases with the same answer are folded into eras, each with the change that began it and\n"
      "the sysctls that turn it into another.\n\nExamples:\n"
      "  sockoracle history 'socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)'\n"
      "  sockoracle history 'socket(AF_INET, SOCK_RAW, 256)' --as nobody");
  command.add_option("CALL", state.call, kCallHelp)->required();
  command.add_flag("--state", state.history.state,
                   "a new era also where only the fresh socket's state changes");
  add_format(command, state);
  add_world_flags(command, state.flags);
  command.callback([&state] {
    state.history.json = state.format == "json";
    const Call call = call_argument(state.call);
    const Setting setting = setting_for(build_situation(state.flags.items()), call);
    tell_conditions(setting);
    check_faults(setting, call);
    put(state, history_text(setting, call, state.history));
    state.status = answered_status(setting, call);
  });
}

void add_table(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("table", "every answer of a family");
  command.footer("All 2^32 type words and all 2^32 protocols, folded into ranges.\n\nExamples:\n"
                 "  sockoracle table --release 6.12 --as root\n"
                 "  sockoracle table --family AF_INET6 --as nobody --format json");
  command.add_option("--family", state.family, "like AF_INET6 or inet6, or a number")
      ->type_name("FAMILY");
  add_format(command, state);
  add_world_flags(command, state.flags);
  command.callback([&state] {
    state.table.json = state.format == "json";
    state.table.family = family_argument(state.family);
    const Setting setting = build_situation(state.flags.items());
    tell_conditions(setting);
    put(state, table_text(setting, state.table));
  });
}

void add_ask(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("ask", "JSON Lines in, JSON Lines out");
  command.footer(
      "One answer per line, in order; flushed when the input pauses. The world flags are the "
      "default\n"
      "of lines without a world of their own.\n\nExamples:\n"
      "  echo '{\"call\":\"socket(AF_INET, SOCK_STREAM, 0)\"}' | sockoracle ask\n"
      "  echo '{\"call\":{\"family\":2,\"type\":3,\"protocol\":1},\"world\":{\"as\":\"nobody\"}}' "
      "|\n"
      "      sockoracle ask --release 6.12");
  add_world_flags(command, state.flags);
  command.callback([&state] { state.status = command_ask(state.flags.items(), build_situation); });
}

// What every command that asks a subject takes.
void add_subject_flags(CLI::App& command, SubjectOptions& asking, WorldFlags& flags) {
  command.add_option("--context", asking.contexts, "only this caller context; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  command.add_flag("--allow-autoload", asking.allow_autoload,
                   "let the host's kernel run modprobe for unknown protocols; of a machine with "
                   "modules: also compare which call asks for which");
  add_machine_flags(command, asking.machine);
  add_world_flags(command, flags, false);
}

// The world flags change the world that was derived from the subject. Returns them, read once.
std::vector<Item> set_adjust(SubjectOptions& asking, WorldFlags flags) {
  // A configuration that belongs to the kernel is read with it, as the host's is.
  if (!asking.machine.kernel.empty()) asking.machine.config.swap(flags.kernel_config);
  const std::vector<Item> items = flags.items();
  asking.world_flags = flags.words();
  if (!items.empty()) asking.adjust = [items](World& world) { apply_items(world, items); };
  return items;
}

void add_report_format(CLI::App& command, std::string& format, std::string& output) {
  const std::vector<std::string> formats = report_formats();
  command.add_option("--format", format, choices({formats.begin(), formats.end()}))
      ->type_name("FORMAT")
      ->check(CLI::IsMember(formats));
  command.add_option("-o,--output", output, "instead of standard output")->type_name("FILE");
}

void add_record(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("record", "ask a subject everything, write a recording");
  command.footer(
      "Examples:\n  sockoracle record --subject host -o host.jsonl\n"
      "  sockoracle record --subject vm --kernel arch/x86/boot/bzImage --kernel-config .config "
      "-o new.jsonl");
  command.add_option("--subject", state.record.subject, kSubjectHelp)->type_name("SUBJECT");
  command.add_option("-o,--output", state.record.output, "instead of standard output")
      ->type_name("FILE");
  command.add_flag("--requests", state.requests,
                   "ask nothing: write what the host's probe would be asked");
  add_subject_flags(command, state.record.asking, state.flags);
  command.callback([&state] {
    if (state.requests && state.record.subject != "host")
      throw UsageError("--requests: accepted is --subject host: its requests are written");
    check_subject_flags({state.record.subject}, state.record.asking,
                        set_adjust(state.record.asking, state.flags));
    state.status = state.requests ? command_requests(state.record.asking, state.record.output)
                                  : command_record(state.record);
  });
}

void add_check(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("check", "compare answers with the model");
  command.footer(
      "Without a file the running kernel is asked, in every caller context that can be staged.\n\n"
      "Examples:\n  sockoracle check\n  sockoracle check host.jsonl\n"
      "  sockoracle check --context nobody --format junit -o check.xml\n"
      "  sockoracle check --subject uml");
  command.add_option("FILE", state.check.files, "recordings; - is standard input");
  command.add_option("--subject", state.check.subject, kSubjectHelp)->type_name("SUBJECT");
  command.add_flag("--deep", state.check.asking.deep,
                   "also fields, steps and counters of the running kernel (needs root and BTF)");
  command
      .add_option("--deviations", state.check.deviations, "known deviations; - is standard input")
      ->type_name("FILE");
  add_report_format(command, state.check.format, state.check.output);
  add_subject_flags(command, state.check.asking, state.flags);
  command.callback([&command, &state] {
    if (!state.check.files.empty() && command.count("--subject") != 0)
      throw UsageError("--subject " + state.check.subject +
                       ": accepted is either --subject or FILE, which is the subject then");
    check_subject_flags(
        state.check.files.empty() ? std::vector{state.check.subject} : state.check.files,
        state.check.asking, set_adjust(state.check.asking, state.flags));
    state.status = command_check(state.check);
  });
}

// Not in the list of commands: what `check --deep --subject vm:RELEASE` starts in the machine.
void add_deep(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("deep", "what check --deep sees, as JSON Lines");
  command.group("");
  add_subject_flags(command, state.check.asking, state.flags);
  command.callback([&state] {
    set_adjust(state.check.asking, state.flags);
    state.status = command_deep(state.check.asking);
  });
}

// Nor this: any command of this program inside a machine, where it is the host.
void add_inside(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("inside", "SUBJECT COMMAND...: in a machine");
  command.group("")->prefix_command();
  command.callback([&command, &state] {
    std::vector<std::string> words = command.remaining();
    if (words.size() < 2 || !is_machine(words.front()))
      throw UsageError("inside: accepted is a machine like vm:6.12, then a command of sockoracle");
    const std::string subject = words.front();
    words.erase(words.begin());
    put(output_inside(subject, words, state.record.asking));
  });
}

void add_diff(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("diff", "compare two subjects with each other");
  command.footer("Examples:\n  sockoracle diff 6.10 6.12\n  sockoracle diff host.jsonl host");
  command
      .add_option("A", state.diff.expected,
                  "host, a release, or a recording (- is one on "
                  "standard input)")
      ->required();
  command.add_option("B", state.diff.got, "the same")->required();
  add_report_format(command, state.diff.format, state.diff.output);
  add_subject_flags(command, state.diff.asking, state.flags);
  command.callback([&state] {
    check_diff_flags(state.diff, set_adjust(state.diff.asking, state.flags));
    state.status = command_diff(state.diff);
  });
}

void add_report(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("report", "findings of recordings, in a chosen format");
  command.footer("Examples:\n  sockoracle report --format markdown host.jsonl");
  command.add_option("INPUT", state.report.inputs, "recordings (- is standard input), or host")
      ->required();
  add_report_format(command, state.report.format, state.report.output);
  add_subject_flags(command, state.report.asking, state.flags);
  command.callback([&state] {
    check_subject_flags(state.report.inputs, state.report.asking,
                        set_adjust(state.report.asking, state.flags));
    state.status = command_report(state.report);
  });
}

void add_replay(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("replay", "run corpus files without a fuzzing engine");
  command.footer("Examples:\n  sockoracle replay corpus/cves/*.prog\n"
                 "  sockoracle replay --as-bytes case corpus/seeds/create_fuzzer/*");
  command
      .add_option("FILE", state.replay.files, "text programs or fuzz inputs; - is standard input")
      ->required();
  command.add_option("--as-bytes", state.replay_as, "what a file that is no text holds")
      ->type_name("KIND")
      ->check(CLI::IsMember({"program", "case"}));
  command.add_flag("--quiet", state.replay.quiet, "only files that fail, and the summary");
  command.callback([&state] {
    state.replay.bytes =
        state.replay_as == "case" ? ReplayBytes::create_case : ReplayBytes::program;
    state.status = command_replay(state.replay);
  });
}

void add_repro(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("repro", "a C program that shows a call's answer");
  command.footer(
      "The program stages the world, makes the call, prints expected and got, and ends with 0 as\n"
      "expected, 1 different, 4 where the world cannot be staged. CASE may be a name of "
      "cases.def.\n\nExamples:\n"
      "  sockoracle repro 'socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)' --as nobody -o repro.c\n"
      "  sockoracle repro ping/effective_group --style kselftest");
  command.add_option("CASE", state.call, kCallHelp)->required();
  command.add_option("--style", state.style, "plain, kselftest or ltp")
      ->type_name("STYLE")
      ->check(CLI::IsMember(
          std::vector<std::string>(std::begin(kReproStyles), std::end(kReproStyles))));
  command.add_flag("--state", state.repro.state, "also every plain option of the fresh socket");
  command.add_option("-o,--output", state.output, "instead of standard output")->type_name("FILE");
  add_world_flags(command, state.flags);
  command.callback([&state] {
    for (size_t i = 0; i < std::size(kReproStyles); ++i)
      if (kReproStyles[i] == state.style) state.repro.style = static_cast<ReproStyle>(i);
    std::vector<Item> items = state.flags.items();
    const Call call = repro_case(state.call, &items);
    const Setting setting = setting_for(build_situation(items), call);
    tell_conditions(setting);
    check_faults(setting, call);
    write_file_atomically(state.output, repro_text(setting, call, state.repro));
  });
}

void add_filter(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("filter", "what a seccomp profile becomes");
  command.footer(
      "FILE is a profile in JSON (Docker's, Podman's, linux.seccomp of an OCI config.json, or "
      "that\n"
      "whole file), compiled for the world's caller, release and --abi; or a filter that was\n"
      "dumped: struct sock_filter as bytes, the same in hexadecimal, or lines of code, jt, jf and\n"
      "k, as this command, tcpdump -dd and -ddd, and disassemblers print them. A filter that the\n"
      "kernel would not load is refused.\n\nExamples:\n"
      "  sockoracle filter profile.json\n"
      "  sockoracle filter profile.json --as nobody --form raw -o filter.bpf");
  command.add_option("FILE", state.what, "a profile or a filter; - is standard input");
  command.add_option("--form", state.format, "text, hex or raw")
      ->type_name("FORM")
      ->check(CLI::IsMember({"text", "hex", "raw"}));
  command.add_option("-o,--output", state.output, "instead of standard output")->type_name("FILE");
  add_world_flags(command, state.flags);
  command.callback([&state] {
    std::vector<Item> items = state.flags.items();
    if (!state.what.empty()) items.push_back({ItemKind::seccomp, {}, state.what, "FILE"});
    const FilterForm form = state.format == "raw"   ? FilterForm::raw
                            : state.format == "hex" ? FilterForm::hex
                                                    : FilterForm::text;
    write_file_atomically(state.output, filter_text(items, form));
  });
}

void add_strace(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("strace", "the socket() lines of an strace log, checked");
  command.footer(
      "Each line is ok, or answered so elsewhere (in a world near this one, which is shown), or it "
      "DIFFERS.\n\nExamples:\n"
      "  strace -f -o log ping -c1 ::1; sockoracle strace log\n"
      "  strace -f -yy curl localhost 2>&1 | sockoracle strace --as nobody");
  command.add_option("FILE", state.logs, "logs; - is standard input, as no FILE at all is");
  add_format(command, state);
  add_world_flags(command, state.flags);
  command.callback([&state] {
    if (state.logs.empty()) state.logs = {"-"};
    state.status = command_strace(state.logs, state.flags.items(), state.format == "json");
  });
}

void add_watch(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("watch", "a program's socket calls, as they are made");
  command.footer(
      "Each call with its answer and the model's, in the world of that task at that moment: the\n"
      "rule, and what would help. Children and threads are followed. -p leaves the process as it\n"
      "is, also after ^C; what a COMMAND started is watched to its end, and its exit status is\n"
      "passed on (128 + N for signal N). Only socket calls stop a COMMAND's tasks; those of -p\n"
      "stop at each system call. Set-user-ID programs run without their privileges unless root\n"
      "watches.\n\nExamples:\n"
      "  sockoracle watch -- ping -c1 127.0.0.1\n"
      "  sockoracle watch -p 1234 --format json");
  command.add_option("-p,--process", state.watch.processes, "a process that runs; may be repeated")
      ->type_name("PID")
      ->expected(1)
      ->take_all();
  command.add_option("COMMAND", state.what, "behind --: what is run and watched");
  command
      .add_option("-o,--output", state.watch.output,
                  "instead of standard output (of -p) or standard error (of a COMMAND)")
      ->type_name("FILE");
  add_format(command, state);
  command.callback([&state] {
    state.watch.json = state.format == "json";
    if (!state.what.empty())
      throw UsageError("watch " + state.what + ": accepted is a command behind --");
    state.status = command_watch(state.watch);
  });
}

void add_audit(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("audit", "another suite's list of tests, judged");
  command.footer(
      "One test per line, in strace's notation, or tab-separated under a heading with expect\n"
      "and call (or family, type, protocol), and perhaps as, because, name, description. Tells\n"
      "on which releases each expectation holds, whether for the reason the test gives, and which\n"
      "rules the list meets. Exit status 1: some do not hold here, or for another reason.\n\n"
      "Examples:\n  sockoracle audit corpus/audits/ltp-socket01.tsv\n"
      "  echo 'socket(AF_INET, SOCK_RAW, 0) = -1 EPROTONOSUPPORT  # as nobody' | sockoracle audit");
  command.add_option("FILE", state.logs, "lists; - is standard input, as no FILE at all is");
  add_format(command, state);
  add_world_flags(command, state.flags);
  command.callback([&state] {
    if (state.logs.empty()) state.logs = {"-"};
    state.status = command_audit(state.logs, state.flags.items(), state.format == "json");
  });
}

void add_list(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("list", "the tables of the model");
  command.footer("Examples:\n  sockoracle list rules\n  sockoracle list behaviours --format json");
  command.add_option("WHAT", state.what, choices(list_names()))->required();
  add_format(command, state);
  command.callback([&state] {
    const bool json = state.format == "json";
    const std::string text = list_text(state.what, json, is_terminal());
    if (json) return put(text);
    show_lines(text);
  });
}

void add_terminal_flags(CLI::App& command, TerminalFlags& flags) {
  constexpr const char* kGroup = "Output";
  command.add_option("--color", flags.color, "auto (NO_COLOR switches it off), always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->group(kGroup);
  command.add_flag("--no-pager", flags.no_pager, "long text on a terminal not through $PAGER")
      ->group(kGroup);
}

// After all commands are added. They run once the terminal is set.
void add_terminal(CLI::App& app, TerminalFlags& flags) {
  add_terminal_flags(app, flags);
  for (CLI::App* command : app.get_subcommands({}))
    if (!command->get_group().empty()) add_terminal_flags(*command, flags);
  app.parse_complete_callback([&flags] { set_terminal(flags); });
}

CLI::App* command_named(CLI::App& app, const std::string& name) {
  for (CLI::App* command : app.get_subcommands({}))
    if (command->get_name() == name) return command;
  return nullptr;
}

std::vector<std::string> command_names(CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({}))
    if (!command->get_group().empty()) names.push_back(command->get_name());
  return names;
}

void add_help(CLI::App& app, State& state) {
  CLI::App& command = *app.add_subcommand("help", "this, or what COMMAND --help says");
  command.footer("Examples:\n  sockoracle help\n  sockoracle help explain");
  command.add_option("COMMAND", state.about, "one of those that `sockoracle help` lists");
  command.callback([&app, &state] {
    const std::string program = app.get_name();
    constexpr auto kMode = CLI::AppFormatMode::Normal;
    if (state.about.empty()) return show(app.get_formatter()->make_help(&app, program, kMode));
    const CLI::App* about = command_named(app, state.about);
    if (about == nullptr)
      throw UsageError(unknown_text("command", state.about, command_names(app)));
    show(about->help(program));
  });
}

void add_version(CLI::App& app) {
  CLI::App& command = *app.add_subcommand("version", "what --version says");
  command.footer("Examples:\n  sockoracle version");
  command.callback([&app] { put(app.version() + "\n"); });
}

std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames())
      if (!option->get_group().empty()) names.push_back("--" + name);
  return names;
}

// An unknown command or flag is named with the one that may be meant. A flag's value is passed
// over, whatever it looks like.
void check_names(CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if (words[i].starts_with("--")) {
      const std::string name = words[i].substr(0, words[i].find('='));
      const CLI::Option* option = command->get_option_no_throw(name);
      if (option == nullptr)
        throw UsageError((command == &app ? "" : command->get_name() + ": ") +
                         unknown_text("flag", name, flag_names(*command)));
      if (name == words[i] && option->get_items_expected_max() > 0) ++i;
    } else if (command == &app && !words[i].starts_with('-')) {
      command = command_named(app, words[i]);
      if (command == nullptr)
        throw UsageError(unknown_text("command", words[i], command_names(app)));
      if (command->get_prefix_command()) return;
    }
  }
}

// Before anything waits for it.
void check_standard_input(const std::vector<std::string>& words) {
  size_t count = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool value =
        words[i] == "-" && (i == 0 || (words[i - 1] != "-o" && words[i - 1] != "--output"));
    const bool joined =
        words[i].ends_with("=-") && words[i].starts_with("--") && words[i] != "--output=-";
    count += value || joined ? 1 : 0;
  }
  if (count > 1) throw UsageError("-: standard input can be read once: accepted is - in one place");
}

void configure(CLI::App& app, State& state) {
  app.description("What Linux answers to socket(AF_INET, type, protocol), and why.");
  app.footer(
      "Example:\n  sockoracle explain 'socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)' --as nobody\n\n"
      "Exit status: 0 answered, or conforming; 1 a difference, or a stale deviation; 4 everything\n"
      "skipped, or outside the model; 64 usage or malformed input; 69 a subject could not be run,\n"
      "or the output not written; 70 internal error. COMMAND --help says more.");
  app.set_version_flag("--version", std::string("sockoracle " SOCKORACLE_VERSION ", Linux ") +
                                        release_text(oldest_release()) + " to " +
                                        release_text(newest_release()));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_explain(app, state);
  add_history(app, state);
  add_ask(app, state);
  add_table(app, state);
  add_record(app, state);
  add_check(app, state);
  add_deep(app, state);
  add_inside(app, state);
  add_diff(app, state);
  add_report(app, state);
  add_replay(app, state);
  add_repro(app, state);
  add_filter(app, state);
  add_strace(app, state);
  add_watch(app, state);
  add_audit(app, state);
  add_list(app, state);
  add_help(app, state);
  add_version(app);
  add_terminal(app, state.terminal);
}

// What follows -- is the command line of somebody else there: nothing of it is read. How many of
// the arguments are left.
int take_command(int argc, char** argv, std::vector<std::string>* command) {
  const auto is = [&](int i, std::string_view word) { return argv[i] == word; };
  for (int i = 2; i < argc && is(1, "watch"); ++i) {
    if (!is(i, "--")) continue;
    command->assign(argv + i + 1, argv + argc);
    return i;
  }
  return argc;
}

int run(int argc, char** argv) {
  CLI::App app;
  State state;
  configure(app, state);
  argc = take_command(argc, argv, &state.watch.command);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  check_names(app, words);
  check_standard_input(words);
  try {
    app.parse(argc, argv);
    return state.status;
  } catch (const CLI::Success& asked) {  // --help, --version
    std::ostringstream text;
    app.exit(asked, text, text);
    set_terminal(state.terminal);
    show(text.str());
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + " (sockoracle --help)");
  }
}

}  // namespace
}  // namespace sockoracle

int main(int argc, char** argv) {
  using namespace sockoracle;
  set_tool_name(std::string("sockoracle " SOCKORACLE_VERSION " (") + commit() + ")");
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    complain(error.what());
    return kExitUsage;
  } catch (const UnavailableError& error) {
    complain(error.what());
    return kExitUnavailable;
  } catch (const std::exception& error) {
    complain("internal error: " + std::string(error.what()));
    return kExitInternal;
  }
}
