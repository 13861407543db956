// libxml2's parser and its canonical XML, as Keyway uses them.
#pragma once

#include <libxml/xmlversion.h>
// ICU's headers are not those that Foundation was built with, and nothing of ICU is used through libxml2.
#undef LIBXML_ICU_ENABLED

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlmemory.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

// Documents hold keys: what libxml2 gives back is zeroed first. The memory itself is the system's, so that what another
// library allocated through libxml2 before can be given back as well.
static inline void keyway_xml_free(void *pointer) {
    if (pointer == NULL) return;
    explicit_bzero(pointer, malloc_usable_size(pointer));
    free(pointer);
}

static inline void *keyway_xml_realloc(void *pointer, size_t size) {
    if (pointer == NULL) return malloc(size);
    void *larger = malloc(size);
    if (larger == NULL) return NULL;
    size_t known = malloc_usable_size(pointer);
    memcpy(larger, pointer, known < size ? known : size);
    keyway_xml_free(pointer);
    return larger;
}

static inline xmlParserInputPtr keyway_xml_load_nothing(const char *url, const char *id, xmlParserCtxtPtr context) {
    (void)url, (void)id, (void)context;
    return NULL;
}

// To be called once, before anything is parsed. 0 when it worked.
static inline int keyway_xml_setup(void) {
    int result = xmlMemSetup(keyway_xml_free, malloc, keyway_xml_realloc, strdup);
    xmlInitParser();
    xmlSetExternalEntityLoader(keyway_xml_load_nothing);
    return result;
}

// The global function pointer behind a macro.
static inline void keyway_xml_release(void *pointer) { xmlFree(pointer); }
