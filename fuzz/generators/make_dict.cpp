// SPDX-License-Identifier: GPL-2.0-only
// Dictionaries for the engines, from the model's tables: make_dict FOLDER writes
// FOLDER/<kind>.dict.
#include <cstdio>
#include <string>

#include "conformance/world/kernel_config.h"
#include "model/observables.h"
#include "model/program.h"
#include "model/symbols.h"

using namespace sockoracle;

namespace {

class Dictionary {
 public:
  void add(std::string_view word) {
    text_ += '"';
    for (const char c : word) {
      const auto byte = static_cast<unsigned char>(c);
      char escaped[8];
      if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
        text_ += c;
      } else {
        std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
        text_ += escaped;
      }
    }
    text_ += "\"\n";
  }

  void add_number(int32_t number) {
    char bytes[4];
    for (unsigned i = 0; i < 4; ++i)
      bytes[i] = static_cast<char>(static_cast<uint32_t>(number) >> (8 * i) & 0xff);
    add({bytes, sizeof bytes});
  }

  bool write(const std::string& path) const {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return false;
    const bool wrote = std::fwrite(text_.data(), 1, text_.size(), file) == text_.size();
    return std::fclose(file) == 0 && wrote;
  }

 private:
  std::string text_ = "# Written by fuzz/make_dict from the model's tables.\n";
};

Dictionary numbers() {
  Dictionary dict;
  for (const auto& table : {family_symbols(), type_symbols(), protocol_symbols()})
    for (const Symbol& row : table) dict.add_number(row.number);
  for (const int32_t n :
       {-1, 255, 256, 262, 263, 65536, INT32_MAX, INT32_MIN, kSOCK_CLOEXEC, kSOCK_NONBLOCK})
    dict.add_number(n);
  return dict;
}

Dictionary words() {
  Dictionary dict;
  for (const auto& table :
       {family_symbols(), type_symbols(), protocol_symbols(), capability_symbols()})
    for (const Symbol& row : table) dict.add(row.name);
  for (const ErrnoSymbol& row : errno_symbols()) dict.add(row.name);
  for (const BehaviourRow& row : behaviours()) dict.add(row.name);
  for (const ContextRow& row : contexts()) dict.add(row.name);
  for (const ProviderRow& row : providers()) dict.add(row.name);
  for (const SysctlRow& row : sysctls()) dict.add(row.name);
  for (const RuleRow& row : rules()) dict.add(row.name);
  for (const ReleaseRow& row : releases()) dict.add(row.name);
  for (const Observable& row : observables()) dict.add(row.name);
  for (size_t i = 0; i < kHazardCount; ++i) dict.add(hazard_name(static_cast<Hazard>(i)));
  for (size_t i = 0; i < kOpCount; ++i) dict.add(op_word(static_cast<Op>(i)));
  for (const FactRow& row : world_facts()) dict.add(row.name);
  for (const std::string_view symbol : config_symbols())
    dict.add("CONFIG_" + std::string(symbol) + "=");
  for (const char* word : {"socket(",
                           "socketpair(",
                           "socketcall(SYS_SOCKET, [",
                           " = -1 ",
                           " = 0",
                           " by ",
                           "world ",
                           "expect hazard ",
                           "expect clean",
                           "release=",
                           "as=",
                           "with=",
                           "without=",
                           "user_ns=",
                           "groups=",
                           "fault=",
                           "absent",
                           "loadable",
                           "loaded",
                           "builtin",
                           "permanent",
                           "htons(",
                           "\"release\":\"",
                           "\"config\":{",
                           "\"modules\":{",
                           "\"as\":\"",
                           "\"caps\":[",
                           "\"sysctls\":{",
                           "\"limits\":{",
                           "\"policies\":{",
                           "\"faults\":[",
                           "\"behaviours\":[",
                           "\"schema\":\"sockoracle.recording/1\"",
                           "\"context\":\"",
                           "\"states\":",
                           "\"errno\":",
                           "\"autoload\":\"",
                           "\"aliases\":[[\"",
                           "\"asked\":[\"",
                           "\"came\":{\"",
                           "$protocol"})
    dict.add(word);
  return dict;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_dict FOLDER\n");
    return 64;
  }
  const std::string folder = argv[1];
  const Dictionary binary = numbers();
  const bool wrote = binary.write(folder + "/case.dict") &&
                     binary.write(folder + "/program.dict") &&
                     binary.write(folder + "/live.dict") && words().write(folder + "/text.dict");
  if (!wrote) std::fprintf(stderr, "%s: cannot be written\n", argv[1]);
  return wrote ? 0 : 69;
}
