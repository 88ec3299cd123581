/* SPDX-License-Identifier: MIT
 *
 * What the processor jumps to on an exception or an interrupt: save everything as a struct frame, call interrupt(), go
 * back. One entry of 8 bytes for each vector, so that interrupts.c finds entry n at vectors + 8 * n, and the address that
 * an entry's call leaves on the stack tells its number.
 */
        .set    VECTORS, 49                     /* 32 exceptions, 16 lines of the interrupt controllers, our own */
        .set    WITH_ERROR_CODE, 0x60227D00     /* a bit each: 8, 10 to 14, 17, 21, 29, 30 */

        .text
        .globl  vectors
        .balign 8
vectors:
        .set    vector, 0
        .rept   VECTORS
        .balign 8
        .if     (WITH_ERROR_CODE >> vector) & 1
        .else
        push    $0                              /* so that every frame has the same shape */
        .endif
        call    enter
        .set    vector, vector + 1
        .endr

        .type   enter, @function
        /* anchor: enter */
enter:
        subl    $vectors, (%esp)    /* within the entry: 8 * n and a rest */
        shrl    $3, (%esp)
        pushal
        cld
        mov     %esp, %ebx          /* the frame; pushal has saved ebx */
        and     $-16, %esp
        sub     $12, %esp
        push    %ebx
        xor     %ebp, %ebp          /* here a handler's backtrace ends */
        call    interrupt
        mov     %ebx, %esp
        popal
        add     $8, %esp            /* vector and error code */
        iret
        /* anchor-end: enter */
        .size   enter, . - enter

        .section .note.GNU-stack, "", @progbits
