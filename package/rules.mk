# SPDX-License-Identifier: MIT
#
# kheap for those who take it along: one pair of files, or an installed library. On the command line: CC, AR, and
#
#     KHEAP_CFLAGS="-mcpu=cortex-m0 -mthumb -Os"    KHEAP_LDFLAGS=    KHEAP_SHARED=no    (the static library alone)

VERSION := $(shell cat VERSION)
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
PACKAGE := build/package
KHEAP_SHARED ?= yes
PACKAGE_CFLAGS := -std=c11 -O2 -g -ffreestanding $(WARNINGS) $(KHEAP_CFLAGS)
SHARED := $(if $(filter yes,$(KHEAP_SHARED)),libkheap.so.$(VERSION))
SONAME := libkheap.so.$(firstword $(subst ., ,$(VERSION)))
INSTALLED := include/kheap.h include/kheap_faults.def share/man/man1/minios.1 share/man/man3/kheap.3 share/man/man3/kheap_*.3
INSTALLED_LIBRARY := libkheap.a libkheap.so* pkgconfig/kheap.pc cmake/kheap

.PHONY: amalgamate package places install uninstall

amalgamate: ## write one pair of files, build/amalgamated/kheap.{h,c}
	@package/amalgamate build/amalgamated

$(PACKAGE)/kheap.c: $(wildcard heap/*) VERSION package/amalgamate
	@package/amalgamate $(@D) >/dev/null

# The shared library leaves kheap_fault to the program that loads it.
$(PACKAGE)/kheap.o $(PACKAGE)/kheap.pic.o: $(PACKAGE)/kheap.c $(PACKAGE)/settings
	@echo "  CC    $@"
	@$(CC) $(PACKAGE_CFLAGS) $(if $(findstring pic,$@),-fPIC) -c -o $(NEW) $< && $(KEEP)

$(PACKAGE)/settings: FORCE
	@$(call told,$(CC) $(AR) $(PACKAGE_CFLAGS) $(KHEAP_LDFLAGS))

$(PACKAGE)/libkheap.a: $(PACKAGE)/kheap.o
	@$(AR) rcs $(NEW) $< && $(KEEP)

$(PACKAGE)/libkheap.so.$(VERSION): $(PACKAGE)/kheap.pic.o
	@$(CC) $(KHEAP_CFLAGS) -shared -nostdlib $(KHEAP_LDFLAGS) -Wl,-soname,$(SONAME) -o $(NEW) $< && $(KEEP)

package: $(PACKAGE)/libkheap.a $(addprefix $(PACKAGE)/,$(SHARED)) ## build libraries and man pages into build/package
	@package/man $(PACKAGE)/man

places:
	@package/places $(or $(filter uninstall,$(MAKECMDGOALS)),install) '$(PREFIX)' '$(LIBDIR)' '$(DESTDIR)'

# Filled for the place, so each time.
fill = package/fill package/$(1).in '$(PREFIX)' '$(LIBDIR)' > $(PACKAGE)/$(1).$$$$ && \
       install -m 644 $(PACKAGE)/$(1).$$$$ $(DESTDIR)$(LIBDIR)/$(2)/$(1) && rm $(PACKAGE)/$(1).$$$$

install: places package ## install kheap; PREFIX=/usr/local DESTDIR= KHEAP_SHARED=yes
	@install -d $(addprefix $(DESTDIR)$(PREFIX)/,include share/man/man1 share/man/man3) \
	    $(addprefix $(DESTDIR)$(LIBDIR)/,pkgconfig cmake/kheap)
	@install -m 644 $(PACKAGE)/kheap.h heap/kheap_faults.def $(DESTDIR)$(PREFIX)/include
	@install -m 644 $(PACKAGE)/libkheap.a $(DESTDIR)$(LIBDIR)
	@$(if $(SHARED),install -m 755 $(PACKAGE)/$(SHARED) $(DESTDIR)$(LIBDIR))
	@$(if $(SHARED),ln -sf $(SHARED) $(DESTDIR)$(LIBDIR)/$(SONAME))
	@$(if $(SHARED),ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libkheap.so)
	@$(call fill,kheap.pc,pkgconfig)
	@$(call fill,kheap-config.cmake,cmake/kheap)
	@$(call fill,kheap-config-version.cmake,cmake/kheap)
	@for section in 1 3; do install -m 644 $(PACKAGE)/man/*.$$section $(DESTDIR)$(PREFIX)/share/man/man$$section; done
	@tools/own build
	@echo "kheap $(VERSION) is in $(DESTDIR)$(PREFIX); try: pkg-config --cflags --libs kheap"

uninstall: places ## and take it away again
	@rm -rf $(addprefix $(DESTDIR)$(PREFIX)/,$(INSTALLED)) $(addprefix $(DESTDIR)$(LIBDIR)/,$(INSTALLED_LIBRARY))
