// SPDX-License-Identifier: GPL-2.0-only
#include "model/slab.h"

#include <cstdlib>

namespace sockoracle {

// In front of every object; 16-byte aligned so that the object is.
struct alignas(16) ObjectHeader {
  ObjectHeader* next;
  ObjectHeader* prev;
  uint32_t object;
};

void* kmem_cache_alloc(Kernel& k, const kmem_cache& cache, uint32_t* object) {
  Kernel::Objects& o = *k.objects;
  if (k.should_fail(cache.name)) {
    k.step(StepKind::alloc, cache.name, -kENOMEM, 0, k.fallible());
    return nullptr;
  }
  auto* header = static_cast<ObjectHeader*>(std::malloc(sizeof(ObjectHeader) + cache.obj_size));
  if (header == nullptr) std::abort();  // the host is out of memory: no answer is right
  *header = {o.live, nullptr, ++o.next_object};
  if (o.live != nullptr) o.live->prev = header;
  o.live = header;
  ++o.live_count;
  *object = header->object;
  k.step(StepKind::alloc, cache.name, 0, header->object, k.fallible());
  return header + 1;
}

void kmem_cache_free(Kernel& k, const kmem_cache& cache, void* block) {
  Kernel::Objects& o = *k.objects;
  ObjectHeader* header = static_cast<ObjectHeader*>(block) - 1;
  k.step(StepKind::free, cache.name, 0, header->object);
  (header->prev != nullptr ? header->prev->next : o.live) = header->next;
  if (header->next != nullptr) header->next->prev = header->prev;
  --o.live_count;
  std::free(header);
}

bool alloc_untracked(Kernel& k, std::string_view what) {
  const bool ok = !k.should_fail(what);
  k.step(StepKind::alloc, what, ok ? 0 : -kENOMEM, 0, k.fallible());
  return ok;
}

void free_all_objects(Kernel& k) {
  for (ObjectHeader* header = k.objects->live; header != nullptr;) {
    ObjectHeader* next = header->next;
    std::free(header);
    header = next;
  }
  k.objects->live = nullptr;
  k.objects->live_count = 0;
}

}  // namespace sockoracle
