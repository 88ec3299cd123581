/* SPDX-License-Identifier: MIT
 *
 * The first instructions. The loader left us in 32-bit mode without paging, eax telling what it is and ebx where its
 * information lies; here we get a stack and segments of our own and go on in C.
 */
        .set    MULTIBOOT_MAGIC, 0x1BADB002
        .set    MULTIBOOT_FLAGS, 3              /* modules on page boundaries, and tell us about memory */
        .set    CODE_SEGMENT, 0x08
        .set    DATA_SEGMENT, 0x10
        .set    STACK_SIZE, 16 * 1024
        .set    FLAG_CAN_BE_ASKED, 1 << 21
        .set    HAS_TIME_STAMP, 1 << 4          /* as in devices.h */

        .section .multiboot, "a"
        .balign 4
        .long   MULTIBOOT_MAGIC
        .long   MULTIBOOT_FLAGS
        .long   -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

/* The page below the stack may not be written (paging.c): who runs over the stack's end meets it. */
        .bss
        .balign 4096
        .globl  stack_guard_page, stack_low, stack_top
stack_guard_page:
        .skip   4096
stack_low:
        .skip   STACK_SIZE
stack_top:

/* The first three descriptors are flat and final; exceptions.c fills in the two task segments. */
        .data
        .balign 8
        .globl  gdt
gdt:
        .quad   0
        .quad   0x00CF9A000000FFFF              /* code: 0 to 4 GiB, execute and read */
        .quad   0x00CF92000000FFFF              /* data: 0 to 4 GiB, read and write */
        .quad   0, 0
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt
        .balign 4
        .globl  stack_is_set
stack_is_set:
        .long   .Lstack

        .text
        .globl  _start
        .type   _start, @function
/* anchor: first */
_start:
        cli
        cld
        lgdt    gdt_pointer
        ljmp    $CODE_SEGMENT, $.Lsegments
.Lsegments:
        mov     $DATA_SEGMENT, %cx
        mov     %cx, %ds
        mov     %cx, %es
        mov     %cx, %fs
        mov     %cx, %gs
        mov     %cx, %ss
        mov     $stack_top, %esp
/* anchor-end: first */
.Lstack:
        xor     %ebp, %ebp                      /* a backtrace ends here */
        sub     $8, %esp                        /* so that the stack is aligned to 16 at the call */
        push    %ebx
        push    %eax

/* Nothing is noted on a 486 that does not know the question: there the flag that stands for it cannot be changed. */
        pushfl
        pop     %ecx
        mov     %ecx, %eax
        xor     $FLAG_CAN_BE_ASKED, %eax
        push    %eax
        popfl
        pushfl
        pop     %eax
        cmp     %ecx, %eax
        je      .Lenter
        mov     $1, %eax
        cpuid
        mov     %edx, processor_features
        test    $HAS_TIME_STAMP, %dl
        jz      .Lenter
        rdtsc
        mov     %eax, first_cycles
        mov     %edx, first_cycles + 4
.Lenter:
        call    machine_main
halt:
        cli
        hlt
        jmp     halt
        .size   _start, . - _start

        .section .note.GNU-stack, "", @progbits
