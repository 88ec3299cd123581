# SPDX-License-Identifier: MIT
#
# kheap for those who take it along: one pair of files, or an installed library.

VERSION := $(shell cat VERSION)
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
PACKAGE := build/package
PACKAGE_CFLAGS := -std=c11 -O2 -g -ffreestanding $(WARNINGS)
SHARED := libkheap.so.$(VERSION)
SONAME := libkheap.so.$(firstword $(subst ., ,$(VERSION)))
INSTALLED := $(PREFIX)/include/kheap.h $(PREFIX)/include/kheap_faults.def $(LIBDIR)/libkheap.a $(LIBDIR)/libkheap.so \
             $(LIBDIR)/$(SONAME) $(LIBDIR)/$(SHARED) $(LIBDIR)/pkgconfig/kheap.pc $(LIBDIR)/cmake/kheap

.PHONY: amalgamate package install uninstall

amalgamate: ## write build/amalgamated/kheap.h and kheap.c, a pair that needs no third file
	@package/amalgamate build/amalgamated

$(PACKAGE)/kheap.c: heap/kheap.c heap/kheap.h heap/kheap_faults.def VERSION package/amalgamate
	@package/amalgamate $(@D) >/dev/null

# The shared library leaves kheap_fault to the program that loads it.
$(PACKAGE)/kheap.o $(PACKAGE)/kheap.pic.o: $(PACKAGE)/kheap.c $(PACKAGE)/settings
	@echo "  CC    $@"
	@$(CC) $(PACKAGE_CFLAGS) $(if $(findstring pic,$@),-fPIC) -c -o $@ $<

$(PACKAGE)/settings: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(PACKAGE_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(PACKAGE_CFLAGS)' > $@

$(PACKAGE)/libkheap.a: $(PACKAGE)/kheap.o
	@rm -f $@ && $(AR) rcs $@ $<

$(PACKAGE)/$(SHARED): $(PACKAGE)/kheap.pic.o
	@$(CC) -shared -nostdlib -Wl,-soname,$(SONAME) -o $@ $<

package: $(PACKAGE)/libkheap.a $(PACKAGE)/$(SHARED) ## build the static and the shared library and the man pages into build/package
	@package/man $(PACKAGE)/man

install: package ## install kheap for C and C++ programs: PREFIX=/usr/local DESTDIR= LIBDIR=PREFIX/lib
	@install -d $(addprefix $(DESTDIR),$(PREFIX)/include $(LIBDIR)/pkgconfig $(LIBDIR)/cmake/kheap $(PREFIX)/share/man/man1 $(PREFIX)/share/man/man3)
	@install -m 644 $(PACKAGE)/kheap.h heap/kheap_faults.def $(DESTDIR)$(PREFIX)/include
	@install -m 644 $(PACKAGE)/libkheap.a $(DESTDIR)$(LIBDIR)
	@install -m 755 $(PACKAGE)/$(SHARED) $(DESTDIR)$(LIBDIR)
	@ln -sf $(SHARED) $(DESTDIR)$(LIBDIR)/$(SONAME)
	@ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libkheap.so
	@package/fill package/kheap.pc.in '$(PREFIX)' '$(LIBDIR)' > $(DESTDIR)$(LIBDIR)/pkgconfig/kheap.pc
	@for file in kheap-config kheap-config-version; do \
	    package/fill package/$$file.cmake.in '$(PREFIX)' '$(LIBDIR)' > $(DESTDIR)$(LIBDIR)/cmake/kheap/$$file.cmake; done
	@for section in 1 3; do install -m 644 $(PACKAGE)/man/*.$$section $(DESTDIR)$(PREFIX)/share/man/man$$section; done
	@echo "kheap $(VERSION) is in $(DESTDIR)$(PREFIX); try: pkg-config --cflags --libs kheap"

uninstall: package ## and take it away again
	@rm -rf $(addprefix $(DESTDIR),$(INSTALLED)) \
	    $(foreach section,1 3,$(patsubst $(PACKAGE)/man/%,$(DESTDIR)$(PREFIX)/share/man/man$(section)/%,$(wildcard $(PACKAGE)/man/*.$(section))))
