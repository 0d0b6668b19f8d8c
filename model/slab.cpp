// SPDX-License-Identifier: GPL-2.0-only
#include "model/slab.h"

#include <cstdlib>

namespace sockoracle {

// In front of every object; 16-byte aligned so that the object is.
struct alignas(16) ObjectHeader {
  ObjectHeader* next;
  ObjectHeader* prev;
  kmem_cache* cache;
  uint32_t object;
};

// Under a sanitizer each object is a heap block of its own, so that its true life time is seen.
// Without one a cache hands a freed object out again, as a real slab does.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kRecycle = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool kRecycle = false;
#else
constexpr bool kRecycle = true;
#endif
#else
constexpr bool kRecycle = true;
#endif

static ObjectHeader* take_block(kmem_cache& cache) {
  if (ObjectHeader* spare = cache.spare; spare != nullptr) {
    cache.spare = spare->next;
    return spare;
  }
  auto* header = static_cast<ObjectHeader*>(std::malloc(sizeof(ObjectHeader) + cache.obj_size));
  if (header == nullptr) std::abort();  // the host is out of memory: no answer is right
  return header;
}

void* kmem_cache_alloc(Kernel& k, kmem_cache& cache, uint32_t* object) {
  Kernel::Objects& o = *k.objects;
  if (k.should_fail()) {
    k.step(StepKind::alloc, cache.name, -kENOMEM, 0, k.fallible());
    return nullptr;
  }
  ObjectHeader* header = take_block(cache);
  *header = {o.live, nullptr, &cache, ++o.next_object};
  if (o.live != nullptr) o.live->prev = header;
  o.live = header;
  ++o.live_count;
  *object = header->object;
  k.step(StepKind::alloc, cache.name, 0, header->object, k.fallible());
  return header + 1;
}

void kmem_cache_free(Kernel& k, kmem_cache& cache, void* block) {
  Kernel::Objects& o = *k.objects;
  ObjectHeader* header = static_cast<ObjectHeader*>(block) - 1;
  k.step(StepKind::free, cache.name, 0, header->object);
  (header->prev != nullptr ? header->prev->next : o.live) = header->next;
  if (header->next != nullptr) header->next->prev = header->prev;
  --o.live_count;
  kmem_cache* home = header->cache;
  bool recycle = kRecycle;
  if (home != &cache) {
    k.hazard(Hazard::wrong_slab);
    // Whoever asks this cache next gets it, whatever its size.
    if (o.observer) home = &cache, recycle = true;
  }
  if (!recycle) {
    std::free(header);
    return;
  }
  header->next = home->spare;
  home->spare = header;
}

bool is_allocated(const Kernel& k, const void* block) {
  for (const ObjectHeader* header = k.objects->live; header != nullptr; header = header->next)
    if (header + 1 == block) return true;
  return false;
}

bool alloc_untracked(Kernel& k, std::string_view what) {
  const bool ok = !k.should_fail();
  k.step(StepKind::alloc, what, ok ? 0 : -kENOMEM, 0, k.fallible());
  return ok;
}

static void free_list(ObjectHeader*& list) {
  while (list != nullptr) {
    ObjectHeader* next = list->next;
    std::free(list);
    list = next;
  }
}

void free_all_objects(Kernel& k) {
  Kernel::Objects& o = *k.objects;
  free_list(o.live);
  free_list(o.inode_cache.spare);
  for (kmem_cache& cache : o.slabs) free_list(cache.spare);
  o.live_count = 0;
}

}  // namespace sockoracle
