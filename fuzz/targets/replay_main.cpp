// SPDX-License-Identifier: GPL-2.0-only
// A target without an engine: runs files, or all files of folders, one after the other. What a
// build without clang, or one under MSan or coverage, uses. A finding aborts, as it does in an
// engine. Of the standard library only vector: the rest is not instrumented, and MSan would object.
#include <dirent.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "fuzz/targets/entry.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) __attribute__((weak));

namespace {

bool is_folder(const char* path) {
  struct stat about {};
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

// False where the file cannot be read.
bool run_file(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) return false;
  std::vector<uint8_t> bytes;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
    bytes.push_back(static_cast<uint8_t>(c));
  std::fclose(file);
  bytes.shrink_to_fit();
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return true;
}

int not_a_directory_link(const dirent* entry) { return entry->d_name[0] != '.'; }

// How many inputs it held; what is no readable file counts as none.
size_t run_folder(const char* path) {
  dirent** entries = nullptr;
  const int count = scandir(path, &entries, not_a_directory_link, alphasort);
  size_t inputs = 0;
  for (int i = 0; i < count; ++i) {
    char full[4096];
    std::snprintf(full, sizeof full, "%s/%s", path, entries[i]->d_name);
    if (is_folder(full)) inputs += run_folder(full);
    else if (run_file(full)) ++inputs;
    std::free(entries[i]);
  }
  std::free(entries);
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') continue;  // an engine's flag
    if (is_folder(argv[i])) {
      inputs += run_folder(argv[i]);
    } else if (run_file(argv[i])) {
      ++inputs;
    } else {
      std::fprintf(stderr, "%s: cannot be read; accepted: files and folders\n", argv[i]);
      return 64;
    }
  }
  std::fprintf(stderr, "%zu inputs\n", inputs);
  return 0;
}
