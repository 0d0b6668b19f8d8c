// SPDX-License-Identifier: GPL-2.0-only
#include "model/slab.h"

#include <cstdlib>
#include <cstring>

namespace sockoracle {

// In front of every object; 16-byte aligned so that the object is.
struct alignas(16) ObjectHeader {
  ObjectHeader* next;
  ObjectHeader* prev;
  kmem_cache* cache;
  uint32_t object;
  uint32_t size;  // of the object, as allocated
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

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SOCKORACLE_ARENA 1
#endif
#endif

#ifdef SOCKORACLE_ARENA
// sanitizer/asan_interface.h
extern "C" void __asan_poison_memory_region(const volatile void* begin, size_t size);
extern "C" void __asan_unpoison_memory_region(const volatile void* begin, size_t size);

constexpr bool kArena = true;

static void poison(void* block, size_t size) { __asan_poison_memory_region(block, size); }
static void unpoison(void* block, size_t size) { __asan_unpoison_memory_region(block, size); }
#else
constexpr bool kArena = false;

static void poison(void*, size_t) {}
static void unpoison(void*, size_t) {}
#endif

// Between two blocks: as much as a write may miss its object by and still be caught.
constexpr size_t kRedzone = 64;
constexpr unsigned char kFresh = 0xbe;  // as the sanitizer's heap has it: never zero by chance

SlabArena::SlabArena(size_t size)
    : memory_(static_cast<unsigned char*>(std::malloc(kArena ? size : 1))),
      size_(kArena && memory_ != nullptr ? size : 0) {
  poison(memory_, size_);
}

SlabArena::~SlabArena() {
  unpoison(memory_, size_);
  std::free(memory_);
}

void* SlabArena::take(size_t size) {
  const size_t room = (size + 15) / 16 * 16 + kRedzone;
  if (room > size_ - used_) return nullptr;
  unsigned char* block = memory_ + used_;
  used_ += room;
  unpoison(block, size);
  std::memset(block, kFresh, size);
  return block;
}

void SlabArena::give(void* block, size_t size) { poison(block, size); }

bool SlabArena::owns(const void* block) const {
  const auto at = reinterpret_cast<uintptr_t>(block), begin = reinterpret_cast<uintptr_t>(memory_);
  return at >= begin && at < begin + size_;
}

static ObjectHeader* take_block(SlabArena* arena, kmem_cache& cache) {
  if (ObjectHeader* spare = cache.spare; spare != nullptr) {
    cache.spare = spare->next;
    return spare;
  }
  const size_t size = sizeof(ObjectHeader) + cache.obj_size;
  void* block = kArena && arena != nullptr ? arena->take(size) : nullptr;
  if (block == nullptr) block = std::malloc(size);
  if (block == nullptr) std::abort();  // the host is out of memory: no answer is right
  auto* header = static_cast<ObjectHeader*>(block);
  header->size = cache.obj_size;
  return header;
}

static void free_block(SlabArena* arena, ObjectHeader* header) {
  if (kArena && arena != nullptr && arena->owns(header))
    arena->give(header, sizeof(ObjectHeader) + header->size);
  else std::free(header);
}

void* kmem_cache_alloc(Kernel& k, kmem_cache& cache, uint32_t* object) {
  Kernel::Objects& o = k.objects();
  if (k.should_fail()) {
    k.step(StepKind::alloc, cache.name, -kENOMEM, 0, k.fallible());
    return nullptr;
  }
  ObjectHeader* header = take_block(o.arena, cache);
  *header = {o.live, nullptr, &cache, ++o.next_object, header->size};
  if (o.live != nullptr) o.live->prev = header;
  o.live = header;
  ++o.live_count;
  *object = header->object;
  k.step(StepKind::alloc, cache.name, 0, header->object, k.fallible());
  return header + 1;
}

void kmem_cache_free(Kernel& k, kmem_cache& cache, void* block) {
  Kernel::Objects& o = k.objects();
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
    free_block(o.arena, header);
    return;
  }
  header->next = home->spare;
  home->spare = header;
}

// Which of its own caches would take the size does not show: one of the proto's stands for it.
static kmem_cache& kmalloc_slab(Kernel& k, const proto& prot) {
  return k.objects().slabs[static_cast<size_t>(prot.id)];
}

void* kmalloc(Kernel& k, const proto& prot, gfp_t priority, uint32_t* object) {
  void* block = kmem_cache_alloc(k, kmalloc_slab(k, prot), object);
  if (block != nullptr && (priority & __GFP_ZERO) != 0) std::memset(block, 0, prot.obj_size);
  return block;
}

void kfree(Kernel& k, void* block) {
  kmem_cache_free(k, *(static_cast<ObjectHeader*>(block) - 1)->cache, block);
}

bool is_allocated(const Kernel& k, const void* block) {
  for (const ObjectHeader* header = k.objects().live; header != nullptr; header = header->next)
    if (header + 1 == block) return true;
  return false;
}

bool alloc_untracked(Kernel& k, std::string_view what) {
  const bool ok = !k.should_fail();
  k.step(StepKind::alloc, what, ok ? 0 : -kENOMEM, 0, k.fallible());
  return ok;
}

static void free_list(SlabArena* arena, ObjectHeader*& list) {
  while (list != nullptr) {
    ObjectHeader* next = list->next;
    free_block(arena, list);
    list = next;
  }
}

void free_all_objects(Kernel& k) {
  Kernel::Objects& o = k.objects();
  free_list(o.arena, o.live);
  free_list(o.arena, o.inode_cache.spare);
  for (kmem_cache& cache : o.slabs) free_list(o.arena, cache.spare);
  if (kArena && o.arena != nullptr) o.arena->begin_again();
  o.live_count = 0;
}

}  // namespace sockoracle
