// SPDX-License-Identifier: GPL-2.0-only
// mm/slub.c, as far as the path leans on it: objects with a number, a life time and no contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/kernel.h"

namespace sockoracle {

// A block with indeterminate contents, or null when the world's faults say so. Its number is in
// *object. `what` names it in the trace.
void* kmem_cache_alloc(Kernel& k, kmem_cache& cache, uint32_t* object);
void kmem_cache_free(Kernel& k, kmem_cache& cache, void* block);
// The same for a proto without slab. __GFP_ZERO clears all of it.
void* kmalloc(Kernel& k, const proto& prot, gfp_t priority, uint32_t* object);
void kfree(Kernel& k, void* block);
// Whether the block is an object that has not been given back. It is not touched.
bool is_allocated(const Kernel& k, const void* block);
// An allocation whose contents the model does not need: a dentry, a file, per-cpu counters. Counts
// as a fallible step; false when it fails. Nothing to free.
bool alloc_untracked(Kernel& k, std::string_view what);
// Where a sanitizer looks, objects may come from an arena in place of the heap, which is several
// times faster: blocks apart from each other, poisoned by hand before, behind and after their life,
// and none is handed out twice before its kernel reboots or ends. A report then says
// use-after-poison, and nothing of who freed the object. One kernel at a time uses an arena; in a
// build without AddressSanitizer nobody does.
class SlabArena {
 public:
  explicit SlabArena(size_t size);
  ~SlabArena();
  SlabArena(const SlabArena&) = delete;
  SlabArena& operator=(const SlabArena&) = delete;

  void* take(size_t size);  // null when it is used up
  void give(void* block, size_t size);
  bool owns(const void* block) const;
  void begin_again() { used_ = 0; }

 private:
  unsigned char* const memory_;
  const size_t size_;
  size_t used_ = 0;
};

// Frees what is still live; called by ~Kernel, so that a modelled leak is a hazard and no real one.
void free_all_objects(Kernel& k);

}  // namespace sockoracle
