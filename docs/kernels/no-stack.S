/* SPDX-License-Identifier: MIT
 *
 * Wrong: the stack is where no memory is; the way back is lost.
 */
/* anchor: header */
        .section .multiboot, "a"
        .long   0x1BADB002          /* the magic number: "I am a kernel" */
        .long   0                   /* no wishes */
        .long   -0x1BADB002         /* so that the sum of the three is 0 */
/* anchor-end: header */

/* anchor: code */
        .text
        .globl  _start
_start: mov     $33 << 20, %esp     /* 33 MiB, but the machine has 32 */
        call    kmain
        mov     $16, %eax           /* status 0, as QEMU's exit device takes it; */
        mov     $0x501, %dx         /* it is at this port */
        out     %eax, %dx
stop:   cli                         /* on a PC without one the processor sleeps here */
        hlt
        jmp     stop
/* anchor-end: code */
