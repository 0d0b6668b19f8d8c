// SPDX-License-Identifier: GPL-2.0-only
// The seeds of the fuzz targets: make_seeds CORPUS FOLDER writes FOLDER/<target>/<name>. They come
// from the named cases (conformance/plan/cases.def), from strace logs of real programs
// (CORPUS/seeds/logs) and from what once was a finding (CORPUS/regressions/*/*.prog). The same
// sources give the same bytes; a test compares them with what is committed.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "conformance/plan/plan.h"
#include "conformance/recording/recording.h"
#include "conformance/world/kernel_config.h"
#include "fuzz/generators/live_input.h"
#include "model/codec.h"
#include "model/program_text.h"
#include "model/strace.h"
#include "model/symbols.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;
namespace fs = std::filesystem;

namespace {

// Fixed, so that a newer release in the table does not change the seeds.
constexpr std::string_view kReleases[] = {"3.12", "6.12"};

fs::path g_folder;

void write(std::string_view target, std::string name, std::string_view bytes) {
  std::replace(name.begin(), name.end(), '/', '-');
  const fs::path folder = g_folder / target;
  fs::create_directories(folder);
  std::ofstream file(folder / name, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) {
    std::fprintf(stderr, "%s: cannot be written\n", (folder / name).c_str());
    std::exit(69);
  }
}

void write(std::string_view target, const std::string& name, const std::vector<uint8_t>& bytes) {
  write(target, name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Call call_of(std::string_view text) {
  Call call;
  CallError error;
  if (parse_call(text, &call, &error)) return call;
  std::fprintf(stderr, "%.*s: not a call\n", static_cast<int>(text.size()), text.data());
  std::exit(70);
}

World world_at(std::string_view release, std::string_view context) {
  Release at;
  if (!parse_release(release, &at)) std::exit(70);
  World world = default_world(at);
  apply_context(world, *find_context(context));
  return world;
}

std::string text_of(const Program& program) {
  std::string text(print_program(program, {}), '\0');
  print_program(program, text);
  return text;
}

// Somebody watches, the call is made, the socket is connected and closed.
Program scene(const World& world, const Call& call) {
  Program program;
  program.world = world;
  for (const Op op : {Op::observe, Op::create, Op::connect, Op::look, Op::close}) {
    Operation o;
    o.op = op;
    if (op == Op::observe) o.number = 1;
    if (op == Op::create) o.call = call;
    program.operations.push_back(o);
  }
  return program;
}

void named_case_seeds() {
  for (const NamedCase& named : named_cases()) {
    const Call call = call_of(named.call);
    for (const std::string_view release : kReleases) {
      const World world = world_at(release, named.context);
      const std::string name = std::string(named.name) + "-" + std::string(release);
      write("create_fuzzer", name, encode_case({world, call}));
      if (release == kReleases[0]) continue;
      const Program program = scene(world, call);
      write("program_fuzzer", name, encode_program(program));
      write("strace_fuzzer", name, text_of(program));
    }
  }
}

// Calls that between them meet every rule, some only when their n-th step fails.
constexpr std::string_view kRuleScenes[] = {
    "world release=4.4 with=android_paranoid_network as=nobody\ns0 = socket(AF_INET, SOCK_STREAM, "
    "0)",
    "world release=6.12 seccomp_filter=SIGSYS\ns0 = socket(AF_INET, SOCK_STREAM, 0)",
    "world release=5.18\ns0 = io_uring_socket(AF_INET, SOCK_STREAM, 0)",
    "world release=6.12 fds_left=0\ns0 = io_uring_socket(AF_INET, SOCK_STREAM, 0)",
    "world release=6.12\ns0 = socketpair(AF_INET, SOCK_STREAM, 0)",
    "world release=6.12 lsm_socket_create=EACCES\ns0 = socket(AF_INET, SOCK_STREAM, 0)",
    "world release=6.12 lsm_socket_post_create=EACCES\ns0 = socket(AF_INET, SOCK_STREAM, 0)",
    "world release=6.12 lsm_sk_alloc=EACCES\ns0 = socket(AF_INET, SOCK_STREAM, 0)",
    "world release=6.12 files_left=0 caps=0\ns0 = socket(AF_INET, SOCK_STREAM, 0)",
    "world release=6.12\ns0 = socket(AF_UNIX, SOCK_STREAM, 0)",
    "world release=6.12\ns0 = socket(AF_INET, SOCK_STREAM, 0)",
    "world release=6.12 mptcp=absent ipv6=loaded\ns0 = socket(AF_INET6, SOCK_STREAM, 0)",
    "world release=6.12\ns0 = socket(AF_INET, SOCK_PACKET, 768)",
    "world release=6.18\ns0 = socket(AF_INET, SOCK_DGRAM, 0)",
    "world release=5.13\ns0 = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)",
    "world release=6.12\ns0 = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)",
    "world release=6.12 sctp=loaded\ns0 = socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP)",
    "world release=6.12 dccp=loaded\ns0 = socket(AF_INET, SOCK_DCCP, IPPROTO_DCCP)",
    "world release=6.12 smc=loaded\ns0 = socket(AF_INET, SOCK_STREAM, IPPROTO_SMC)",
};

void rule_seeds() {
  std::array<bool, kRuleCount> met{};
  for (const std::string_view scene : kRuleScenes) {
    Program program;
    std::vector<Expectation> expectations;
    ProgramError error;
    if (!parse_program(scene, &program, &expectations, &error)) std::exit(70);
    for (uint16_t n = 0; n <= 12; ++n) {
      Case c{program.world, program.operations.front().call};
      c.world.fault_count = n == 0 ? 0 : 1;
      c.world.faults[0] = n;
      const Rule rule = Kernel(c.world).call(c.call).rule;
      if (met[static_cast<size_t>(rule)]) continue;
      met[static_cast<size_t>(rule)] = true;
      write("create_fuzzer", "rule-" + std::string(row(rule).name), encode_case(c));
    }
  }
}

// One input per context, with all calls whose answers are known.
void live_seeds() {
  for (size_t i = 0; i < contexts().size(); ++i) {
    LiveInput input;
    input.context = static_cast<uint8_t>(i);
    std::set<std::string_view> seen;
    for (const NamedCase& named : named_cases()) {
      if (!seen.insert(named.call).second || input.calls.size() == kLiveCallsMax) continue;
      const Call call = call_of(named.call);
      input.calls.push_back({false, call.family, call.type, call.protocol, 0});
    }
    write("live_fuzzer", std::string(contexts()[i].name), encode_live(input));
  }
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The INET calls of the log, each once, as one program; and the lines as they are.
void log_seeds(const fs::path& logs) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(logs))
    if (entry.path().extension() == ".log") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& path : files) {
    const std::string log = read(path);
    const std::string name = "log-" + path.stem().string();
    Program program;
    program.world = world_at("6.12", "nobody");
    std::set<std::string> seen;
    for (size_t at = log.find("socket("); at != std::string::npos;
         at = log.find("socket(", at + 1)) {
      const std::string_view rest = std::string_view(log).substr(at);
      Operation create;
      create.op = Op::create;
      CallError error;
      size_t consumed = 0;
      if (!parse_call(rest, &create.call, &error, &consumed)) continue;
      if (create.call.family != kAF_INET && create.call.family != kAF_INET6) continue;
      if (!seen.insert(std::string(rest.substr(0, consumed))).second) continue;
      write("strace_fuzzer", name + "-" + std::to_string(seen.size()),
            rest.substr(0, rest.find('\n')));
      create.slot = static_cast<uint8_t>(seen.size() % kSlots);
      program.operations.push_back(create);
    }
    if (!program.operations.empty()) write("program_fuzzer", name, encode_program(program));
  }
}

void world_seeds() {
  for (const ContextRow& row : contexts())
    write("world_fuzzer", std::string(row.name),
          "{\"release\":\"6.12\",\"as\":\"" + std::string(row.name) + "\"}\n");
  write("world_fuzzer", "every-key",
        "{\"release\":\"6.6.57\",\"config\":{\"MPTCP\":\"n\",\"IP_SCTP\":\"m\"},"
        "\"modules\":{\"sctp\":\"loaded\"},\"as\":\"nobody\",\"uid\":7,\"gid\":8,\"egid\":9,"
        "\"groups\":[10,11],\"caps\":[\"net_raw\"],"
        "\"sysctls\":{\"net.ipv4.ping_group_range\":\"0 100\",\"net.mptcp.enabled\":0},"
        "\"limits\":{\"fds_left\":1,\"files_left\":2},"
        "\"policies\":{\"cgroup_sock_create\":\"deny\",\"lsm_socket_create\":\"EACCES\"},"
        "\"faults\":[3],\"behaviours\":[\"+udp_prod_queue\",\"-io_uring_socket\"]}\n");
  std::string config = "# Linux/x86 6.12.0 Kernel Configuration\n";
  std::string none = config;
  for (const std::string_view symbol : config_symbols()) {
    config += "CONFIG_" + std::string(symbol) + "=m\n";
    none += "# CONFIG_" + std::string(symbol) + " is not set\n";
  }
  write("world_fuzzer", "config-modules", config);
  write("world_fuzzer", "config-none", none);
}

// Small profiles with each action and each comparison, and dumps in each form.
void filter_seeds() {
  const auto profile = [](std::string_view action, std::string_view op, int index) {
    return "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_"
           "X32\"],"
           "\"syscalls\":[{\"names\":[\"socket\",\"socketpair\"],\"action\":\"" +
           std::string(action) +
           "\",\"errnoRet\":13,\"args\":[{\"index\":" + std::to_string(index) +
           ",\"op\":\"SCMP_CMP_" + std::string(op) +
           "\",\"value\":15,\"valueTwo\":2}],"
           "\"includes\":{\"caps\":[],\"arches\":[\"amd64\"],\"minKernel\":\"4.8\"},\"excludes\":{}"
           "}]}\n";
  };
  for (const std::string_view action :
       {"KILL", "KILL_PROCESS", "TRAP", "ERRNO", "TRACE", "LOG", "NOTIFY"})
    write("filter_fuzzer", "action-" + std::string(action),
          profile("SCMP_ACT_" + std::string(action), "EQ", 0));
  int index = 0;
  for (const std::string_view op : {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"})
    write("filter_fuzzer", "compare-" + std::string(op),
          profile("SCMP_ACT_ERRNO", op, index++ % 3));
  // Family 38 is refused; the type without its flags, the protocol shifted.
  write("filter_fuzzer", "lines",
        std::string_view("10\n32 0 0 0\n21 0 6 41\n32 0 0 16\n21 5 0 38\n32 0 0 24\n"
                         "84 0 0 15\n21 2 0 3\n32 0 0 32\n116 0 0 1\n6 0 0 2147418112\n"));
  write("filter_fuzzer", "braces",
        std::string_view("{ 0x20, 0, 0, 0x00000020 },\n{ 0x35, 0, 1, 0x00000100 },\n"
                         "{ 0x06, 0, 0, 0x00050016 },\n{ 0x06, 0, 0, 0x7fff0000 },\n"));
  write("filter_fuzzer", "hex",
        std::string_view("2000000004000000 150001003e0000c0 0600000000000000 060000000000ff7f\n"));
}

void recording_seeds() {
  Recording recording;
  recording.provenance = provenance_of(world_at("6.12", "root"));
  recording.provenance.subject = "model";
  recording.provenance.tool = "make_seeds";
  StateText state;
  state.values.emplace_back(recording.states.name_index("SO_TYPE"), "1");
  state.values.emplace_back(recording.states.name_index("SO_PROTOCOL"), "$protocol");
  const uint32_t index = recording.states.add(state);
  Answers answers;
  answers.context = "root";
  answers.observations = {{2, 1, 0, 0, 0, index, false},
                          {2, 1, 1, 5, kEPROTONOSUPPORT, 0, false},
                          {2, 1, 6, 6, 0, index, false},
                          {2, 11, 0, 262, kEINVAL, 0, false}};
  recording.contexts.push_back(answers);
  Answers skipped;
  skipped.context = "file-max";
  skipped.skipped = "not staged here";
  skipped.skipped_cases = 7;
  recording.contexts.push_back(skipped);
  const auto asked = [](Presence modules, int32_t protocol, int32_t error) {
    const std::string alias = "net-pf-2-proto-" + std::to_string(protocol);
    return AutoloadCall{.modules = modules,
                        .family = 2,
                        .type = 5,
                        .protocol = protocol,
                        .asked = {alias + "-type-5", alias},
                        .came = {},
                        .error = error};
  };
  AutoloadAnswers& autoload = recording.autoload;
  autoload.aliases = {{"net-pf-2-proto-132", "libcrc32c", "sctp"}};
  autoload.calls = {asked(Presence::absent, 17, kEPROTONOSUPPORT),
                    asked(Presence::absent, 33, kEPROTONOSUPPORT),
                    asked(Presence::loadable, kIPPROTO_SCTP, 0)};
  autoload.calls.back().came = {{"net-pf-2-proto-132", {"libcrc32c", "sctp"}}};
  const std::string text = recording_text(recording);
  parse_recording(text, "seed");  // what the reader refuses is no seed
  write("recording_fuzzer", "small", text);
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A case is a program with one call.
void regression_seeds(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".prog") continue;
    Program program;
    std::vector<Expectation> expectations;
    ProgramError error;
    if (!parse_program(content_of(path), &program, &expectations, &error)) {
      std::fprintf(stderr, "%s:%zu: %.*s\n", path.c_str(), error.line,
                   static_cast<int>(error.reason.size()), error.reason.data());
      std::exit(70);
    }
    const std::string target = path.parent_path().filename();
    const std::string name = "regression-" + path.stem().string();
    if (target == "program_fuzzer") write(target, name, encode_program(program));
    else write(target, name, encode_case({program.world, program.operations.at(0).call}));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path corpus = argc == 3 ? argv[1] : "";
  if (!fs::is_directory(corpus / "seeds/logs") || !fs::is_directory(corpus / "regressions")) {
    std::fprintf(stderr, "usage: make_seeds CORPUS FOLDER\n");
    return 64;
  }
  g_folder = argv[2];
  named_case_seeds();
  rule_seeds();
  live_seeds();
  log_seeds(corpus / "seeds/logs");
  regression_seeds(corpus / "regressions");
  world_seeds();
  filter_seeds();
  recording_seeds();
  return 0;
}
