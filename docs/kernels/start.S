/* SPDX-License-Identifier: MIT
 *
 * The first instructions: they give C a stack, call it, and stop the processor behind it.
 */
/* anchor: header */
        .section .multiboot, "a"
        .long   0x1BADB002          /* the magic number: "I am a kernel" */
        .long   0                   /* no wishes */
        .long   -0x1BADB002         /* so that the sum of the three is 0 */
/* anchor-end: header */

/* anchor: stack */
        .bss
        .balign 16
        .skip   4096                /* the stack: it grows down, from its end */
stack_top:
/* anchor-end: stack */

/* anchor: code */
        .text
        .globl  _start
_start: mov     $stack_top, %esp
        call    kmain
        mov     $16, %eax           /* status 0, as QEMU's exit device takes it; */
        mov     $0x501, %dx         /* it is at this port */
        out     %eax, %dx
stop:   cli                         /* on a PC without one the processor sleeps here */
        hlt
        jmp     stop
/* anchor-end: code */
