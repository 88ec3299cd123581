/* SPDX-License-Identifier: MIT
 *
 * Wrong: the magic number is off by one; nobody takes it for a kernel.
 */
/* anchor: header */
        .section .multiboot, "a"
        .long   0x1BADB003          /* the magic number, and one more */
        .long   0                   /* no wishes */
        .long   -0x1BADB003         /* so that the sum of the three is 0 */
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
