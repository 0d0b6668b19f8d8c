// SPDX-License-Identifier: GPL-2.0-only
// Round trips: bytes -> case -> bytes, bytes -> program -> text -> program. Any bytes are a case.
#include <boost/test/unit_test.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "model/codec.h"
#include "model/program_text.h"

using namespace sockoracle;

namespace {

std::vector<uint8_t> random_bytes(std::mt19937& random, size_t most) {
  std::vector<uint8_t> bytes(random() % (most + 1));
  // Mostly zeros with some noise, so that short and plausible worlds are met as well as wild ones.
  const auto noise = random() % 100;
  for (uint8_t& byte : bytes)
    byte = random() % 100 < noise ? static_cast<uint8_t>(random()) : uint8_t{0};
  return bytes;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(std::filesystem::path(SOCKORACLE_CODEC) / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string text_of(const Program& program) {
  std::string text(print_program(program, {}), '\0');
  print_program(program, text);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_bytes_are_a_case) {
  const Case c = decode_case({});
  BOOST_TEST(c.world.release.index < releases().size());
  BOOST_TEST(c.call.family == 0);
  BOOST_TEST((decode_case(encode_case(c)) == c));
}

BOOST_AUTO_TEST_CASE(encoding_is_canonical) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const Case c = decode_case(random_bytes(random, case_bytes_max() + 4));
    const std::vector<uint8_t> canonical = encode_case(c);
    BOOST_TEST_REQUIRE(canonical.size() <= case_bytes_max());
    BOOST_TEST_REQUIRE((decode_case(canonical) == c), "case " << i);
    BOOST_TEST_REQUIRE((encode_case(decode_case(canonical)) == canonical), "case " << i);
  }
}

// What was stored keeps its meaning. NAME.VERSION of model/test/codec was decoded by the program of
// that time, and said as NAME.txt; a new version brings a blob of its own, the old ones stay.
BOOST_AUTO_TEST_CASE(every_version_means_what_it_meant) {
  std::array<size_t, kCodecVersion + 1> count{};
  for (const auto& file : std::filesystem::directory_iterator(SOCKORACLE_CODEC)) {
    const std::filesystem::path path = file.path();
    if (path.extension() == ".txt") continue;
    const std::string bytes = content_of(path), wanted = content_of(path.stem().string() + ".txt");
    const std::span stored(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    const std::optional<uint8_t> version = stored_version(stored);
    BOOST_TEST_REQUIRE(version.has_value());
    BOOST_TEST(path.extension().string() == "." + std::to_string(*version));
    ++count[*version];
    Program program;
    if (path.filename().string().starts_with("case")) {
      const Case c = decode_case(stored);
      program.world = c.world;
      program.operations.emplace_back();
      program.operations[0].op = Op::create;
      program.operations[0].call = c.call;
    } else {
      program = decode_program(stored);
    }
    BOOST_TEST(text_of(program) == wanted, path.string());
  }
  for (size_t version = 1; version <= kCodecVersion; ++version)
    BOOST_TEST(count[version] > 1u, "no blob of version " << version);
}

BOOST_AUTO_TEST_CASE(other_versions_are_named_as_such) {
  for (const uint8_t byte : {uint8_t{0}, uint8_t{kCodecVersion + 1}, uint8_t{0x77}}) {
    const uint8_t bytes[] = {byte, 1, 2, 3};
    BOOST_TEST(!stored_version(bytes).has_value());
    BOOST_TEST((encode_case(decode_case(bytes))[0] == kCodecVersion));
  }
  BOOST_TEST(!stored_version({}).has_value());
}

// Version 1 had one byte for it.
BOOST_AUTO_TEST_CASE(faults_and_rows_of_operations_survive) {
  Program program;
  program.world = default_world(newest_release());
  program.world.fault_count = 1;
  program.world.faults[0] = 40000;
  Operation fault, entry;
  fault.op = Op::fault;
  fault.number = 300;
  entry.op = Op::add_protosw;
  entry.index = 2;
  entry.entry = {true, 3, 0x01020304, ProtoId::udp, true};
  program.operations = {fault, entry};
  for (size_t i = 0; i < kPolicyCount; ++i) {
    Operation policy;
    policy.op = Op::policy;
    policy.index = static_cast<uint8_t>(i);
    policy.number = 13;
    program.operations.push_back(policy);
  }
  BOOST_TEST((decode_program(encode_program(program)) == program));
}

// Committed inputs were written by encode_program: another layout reads them as something else.
BOOST_AUTO_TEST_CASE(committed_seeds_are_canonical) {
  size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(SOCKORACLE_SEEDS)) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::vector<uint8_t> bytes(text.begin(), text.end());
    BOOST_TEST((encode_program(decode_program(bytes)) == bytes), file.path().string());
    ++count;
  }
  BOOST_TEST(count > 10u);
}

BOOST_AUTO_TEST_CASE(maps_and_sublevels_survive) {
  Case c = decode_case({});
  c.world.user_ns_count = 2;
  c.world.user_ns[1].inside = 7;
  c.world.user_ns[1].outside = 100000;
  c.world.user_ns[1].count = 65536;
  c.world.release.sublevel = 77;
  c.world.with.set(Behaviour::udp_prod_queue);
  c.world.without.set(Behaviour::io_uring_socket);
  const Case back = decode_case(encode_case(c));
  BOOST_TEST(back.world.release.sublevel == 77);
  BOOST_TEST(back.world.with.has(Behaviour::udp_prod_queue));
  BOOST_TEST(back.world.without.has(Behaviour::io_uring_socket));
  BOOST_TEST(back.world.user_ns[1].inside == 7u);
  BOOST_TEST(back.world.user_ns[1].outside == 100000u);
  BOOST_TEST(back.world.user_ns[1].count == 65536u);
}

BOOST_AUTO_TEST_CASE(default_and_context_worlds_survive) {
  for (size_t r = 0; r < releases().size(); ++r)
    for (const ContextRow& context : contexts()) {
      Case c{default_world({static_cast<uint8_t>(r), 0}), {Entry::socket, 2, 3, -1}};
      apply_context(c.world, context);
      BOOST_TEST((decode_case(encode_case(c)) == c), releases()[r].name << " " << context.name);
    }
}

BOOST_AUTO_TEST_CASE(programs_survive_bytes_and_text) {
  std::mt19937 random(2);
  for (int i = 0; i < 5000; ++i) {
    const Program program = decode_program(random_bytes(random, program_bytes_max() + 4));
    const std::vector<uint8_t> canonical = encode_program(program);
    BOOST_TEST_REQUIRE(canonical.size() <= program_bytes_max());
    BOOST_TEST_REQUIRE((decode_program(canonical) == program), "program " << i);
    const std::string text = text_of(program);
    Program again;
    std::vector<Expectation> expectations;
    ProgramError error;
    BOOST_TEST_REQUIRE(parse_program(text, &again, &expectations, &error),
                       "line " << error.line << ": " << error.reason << "\n"
                               << text);
    BOOST_TEST_REQUIRE((again == program), text << "\n" << text_of(again));
  }
}

BOOST_AUTO_TEST_CASE(any_program_runs_and_balances) {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    const Program program = decode_program(random_bytes(random, program_bytes_max()));
    Machine machine(program.world);
    for (Operation o : program.operations) {
      if (o.op == Op::observe || o.op == Op::look) continue;  // would touch what dangles
      machine.run(o);
    }
    machine.close_all();
    const Balance after = machine.kernel().balance();
    const HazardSet known = machine.hazards();
    if (known.has(Hazard::leaked_sock) || known.has(Hazard::leaked_group_info)) continue;
    BOOST_TEST_REQUIRE((after == machine.at_boot()), "program " << i << "\n" << text_of(program));
  }
}

BOOST_AUTO_TEST_CASE(the_longest_program_is_not_cut) {
  Program program{default_world(newest_release()), {}};
  program.world.user_ns_count = kUserNsMax;
  program.world.fault_count = kFaultsMax;
  program.world.caller.group_count = kGroupsMax;
  Operation sysctl;  // of tcp_rmem, three numbers: nearly as long as a create
  sysctl.op = Op::sysctl;
  sysctl.index = static_cast<uint8_t>(Sysctl::tcp_rmem);
  sysctl.value = default_sysctl(Sysctl::tcp_rmem, newest_release());
  program.operations.assign(kOperationsMax, sysctl);
  program.operations.back() = {};  // a create
  const std::vector<uint8_t> bytes = encode_program(program);
  BOOST_TEST(bytes.size() <= program_bytes_max());
  BOOST_TEST((decode_program(bytes) == program));
  std::vector<uint8_t> room(4096);
  BOOST_TEST(encode_program(program, room) == bytes.size());
  BOOST_TEST(std::equal(bytes.begin(), bytes.end(), room.begin()));
  BOOST_TEST(encode_program(program, std::span(room).first(7)) == 7u);
}

BOOST_AUTO_TEST_CASE(bad_lines_are_named) {
  const struct {
    std::string_view text;
    size_t line;
  } rows[] = {
      {"nonsense", 1},
      {"world release=3.12\n\nclose(s9)", 3},
      {"world release=2.6", 1},
      {"s0 = socket(AF_INET, SOCK_RAW)", 1},
      {"s0 = socket(AF_INET, SOCK_RAW, 1) = -1 ENOSUCH", 1},
      {"s0 = socket(2, 3, 1)\nworld as=root", 2},
      {"expect hazard nothing", 1},
      {"observe maybe", 1},
      {"sysctl net.mptcp.enabled 1 2", 1},
      {"caps 0x20000000000", 1},
  };
  for (const auto& row : rows) {
    Program program;
    std::vector<Expectation> expectations;
    ProgramError error;
    BOOST_TEST(!parse_program(row.text, &program, &expectations, &error), row.text);
    BOOST_TEST(error.line == row.line, row.text);
    BOOST_TEST(!error.reason.empty());
  }
}

// What --limit and --fault accept.
BOOST_AUTO_TEST_CASE(worlds_of_programs_reach_as_far_as_those_of_flags) {
  Program program;
  std::vector<Expectation> expectations;
  ProgramError error;
  BOOST_TEST_REQUIRE(parse_program("world fds_left=1000 files_left=unlimited fault=300\n", &program,
                                   &expectations, &error),
                     error.reason);
  BOOST_TEST(program.world.limits.fds_left == 1000);
  BOOST_TEST(program.world.limits.files_left == kUnlimited);
  BOOST_TEST(program.world.faults[0] == 300);
}

BOOST_AUTO_TEST_CASE(a_program_with_expectations) {
  Program program;
  std::vector<Expectation> expectations;
  ProgramError error;
  const std::string_view text = "# CVE-2015-8543\n"
                                "world release=3.12 as=root\n"
                                "s0 = socket(AF_INET, SOCK_RAW, 65536) = 3\n"
                                "s1 = socket(AF_INET, SOCK_RAW, 0)"
                                " = -1 EPROTONOSUPPORT (no such protocol) by protocol_known\n"
                                "connect(s0)\n"
                                "expect hazard null_get_port\n";
  BOOST_TEST_REQUIRE(parse_program(text, &program, &expectations, &error), error.reason);
  BOOST_TEST(program.operations.size() == 3u);
  BOOST_TEST(expectations.size() == 3u);
  BOOST_TEST(expectations[1].has_rule);
  BOOST_TEST((expectations[1].rule == Rule::protocol_known));
  BOOST_TEST(expectations[2].hazards.has(Hazard::null_get_port));
}
