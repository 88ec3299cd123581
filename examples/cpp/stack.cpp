// SPDX-License-Identifier: MIT
//
// kheap from C++17: a scope whose objects go in the reverse order of their making, which is the order that C++ and this heap
// share; and a memory resource, with which the standard containers live in it as well.
#include <kheap.h>

#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <string>
#include <utility>
#include <vector>

extern "C" void kheap_fault(const kheap_report *report)
{
    std::fprintf(stderr, "E%02d at %p\n", static_cast<int>(report->fault), report->address);
    std::abort();
}

// Destroys its object, then gives its block back: the last one made has to be the first to go.
template <typename T> class local {
public:
    template <typename... Arguments>
    explicit local(kheap &heap, Arguments &&...arguments)
        : heap_(heap), object_(new (kheap_alloc_aligned(&heap, sizeof(T), alignof(T))) T(std::forward<Arguments>(arguments)...))
    {
    }
    local(const local &) = delete;
    ~local()
    {
        object_->~T();
        kheap_free(&heap_, object_);
    }
    T *operator->() const { return object_; }

private:
    kheap &heap_;
    T *object_;
};

// For containers, which free in any order: they take, and the mark in front of them gives everything back at once.
class scope : public std::pmr::memory_resource {
public:
    explicit scope(kheap &heap) : heap_(heap), mark_(kheap_mark(&heap)) {}
    ~scope() override { kheap_release(&heap_, mark_); }

private:
    void *do_allocate(std::size_t bytes, std::size_t align) override
    {
        if (void *block = kheap_try_alloc(&heap_, bytes, align))
            return block;
        throw std::bad_alloc();
    }
    void do_deallocate(void *, std::size_t, std::size_t) override {}
    bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }

    kheap &heap_;
    struct kheap_mark mark_;
};

struct noisy {
    const char *name;
    explicit noisy(const char *its_name) : name(its_name) { std::printf("made %s\n", name); }
    ~noisy() { std::printf("gone %s\n", name); }
};

int main()
{
    static unsigned char memory[4096];
    kheap heap;

    if (kheap_init(&heap, memory, sizeof(memory)) != KHEAP_OK)
        return EXIT_FAILURE;
    {
        local<noisy> first(heap, "first"), second(heap, "second");
        std::printf("%zu blocks, newest %s\n", kheap_stats(&heap).blocks, second->name);
    }
    try {
        scope request(heap);
        std::pmr::vector<std::pmr::string> words(&request);
        for (;;)
            words.emplace_back("a word that is too long for the string itself to hold");
    } catch (const std::bad_alloc &) {
        std::printf("full, as expected\n");
    }
    std::printf("in use at the end: %zu bytes\n", kheap_stats(&heap).used);
}
