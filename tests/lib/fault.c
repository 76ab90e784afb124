#include "lib/fault.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/check.h"

enum { ALLOCATIONS_MAX = 10000 /* of one scenario */ };

static size_t countdown, live;
static bool was_hit;

/* The linker's names for the wrapped functions and the ones behind them. */
void *__real_hf_mem_new(size_t size);
void *__real_hf_mem_zero(size_t count, size_t size);
void *__real_hf_mem_grow(void *ptr, size_t size);
void __real_hf_mem_free(void *ptr);
void *__wrap_hf_mem_new(size_t size);
void *__wrap_hf_mem_zero(size_t count, size_t size);
void *__wrap_hf_mem_grow(void *ptr, size_t size);
void __wrap_hf_mem_free(void *ptr);

static bool fails_now(void)
{
    if (countdown == 0 || --countdown > 0) return false;
    was_hit = true;
    return true;
}

static void *counted(void *block)
{
    if (block) live++;
    return block;
}

void *__wrap_hf_mem_new(size_t size)
{
    return fails_now() ? NULL : counted(__real_hf_mem_new(size));
}

void *__wrap_hf_mem_zero(size_t count, size_t size)
{
    return fails_now() ? NULL : counted(__real_hf_mem_zero(count, size));
}

void *__wrap_hf_mem_grow(void *ptr, size_t size)
{
    if (fails_now()) return NULL;
    void *block = __real_hf_mem_grow(ptr, size);
    return ptr ? block : counted(block);
}

void __wrap_hf_mem_free(void *ptr)
{
    if (ptr) live--;
    __real_hf_mem_free(ptr);
}

void fault_arm(size_t nth)
{
    countdown = nth;
    was_hit = false;
}

bool fault_was_hit(void)
{
    return was_hit;
}

size_t fault_live(void)
{
    return live;
}

void fault_each(int (*scenario)(void))
{
    size_t before = live;
    for (size_t nth = 1; nth <= ALLOCATIONS_MAX; nth++) {
        fault_arm(nth);
        int err = scenario();
        bool is_last = !fault_was_hit();
        fault_arm(0);
        CHECK_EQ_AT(nth, err, is_last ? 0 : HF_ERR_NOMEM);
        CHECK_EQ_AT(nth, live, before);
        if (!is_last) continue;
        CHECK(nth > 1); /* a scenario without an allocation tests nothing */
        return;
    }
    check_fail(__FILE__, __LINE__, "the scenario does not come to an end");
}
