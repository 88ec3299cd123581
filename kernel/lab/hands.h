/* SPDX-License-Identifier: MIT
 *
 * The other hands: handlers that come in between what a bug does, over whichever heap kmalloc and the rest stand for where
 * this is included. In the naive half nobody turns interrupts off, and nobody looks whether they are on.
 */

static enum handled takes_a_block(void)
{
    b = kmalloc(16);
    if (b != NULL)
        memset(b, 'B', 16);
    return HANDLED;
}

/* Past the kernel's rule, straight at the heap. */
static enum handled keeps_a_block(void)
{
    b = bare_alloc(16);
    return HANDLED;
}

static enum handled frees_a(void)
{
    kfree(a);
    return HANDLED;
}

static enum handled adds_one(void)
{
    n->value++;
    return HANDLED;
}

static enum handled works_long(void)
{
    work_in_handler();
    return HANDLED;
}
