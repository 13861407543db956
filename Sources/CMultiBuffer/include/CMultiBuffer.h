// AES-128 in cipher block chaining mode for several chains at once. A chain cannot be made faster by a wider processor,
// since each block waits for the one before; several chains in its lanes can.
//
// Intel's multi-buffer library (Debian's libipsec-mb1) does it, where there is one and the processor has AES and AVX.
#ifndef KEYWAY_CMULTIBUFFER_H
#define KEYWAY_CMULTIBUFFER_H

#include <stddef.h>
#include <stdint.h>

// In bytes, with an alignment of 16.
#define KEYWAY_SCHEDULE_SIZE 176

struct keyway_chain {
    // As keyway_lanes_expand made it.
    const void *schedule;
    // Encrypted in place.
    uint8_t *bytes;
    // Whole blocks of 16 bytes.
    size_t count;
    // What the next block is chained to; at the end the last block.
    uint8_t vector[16];
};

// NULL where there is no library, or the processor is of no use to it. Used by one thread at a time.
void *keyway_lanes_new(void);
void keyway_lanes_free(void *lanes);

// The key schedule of 16 bytes. Any thread may do it at any time.
void keyway_lanes_expand(const void *lanes, const void *key, void *schedule);

// Encrypts all chains to their ends: 0, or -1 when the library did not do what it was asked; then nothing of the bytes
// may be used.
int keyway_lanes_encrypt(void *lanes, struct keyway_chain *chains, size_t count);

// The same for chains over one block of ten (ISO/IEC 23001-7, 9.6): of each chain's bytes, whose count may be any, the block
// at 0, 160, 320 and so on is encrypted as far as it is whole. The vector is then the last block that was. The bytes and
// their counts stay as they are.
int keyway_lanes_encrypt_pattern(void *lanes, struct keyway_chain *chains, size_t count);

// AES-256 in Galois/counter mode (NIST SP 800-38D) under a key whose schedule and powers of the hash key were made before: most
// of what a short message costs. Any thread may use these at any time.

// In bytes, with an alignment of 64; 0 where there is no library, or the processor is of no use to it.
size_t keyway_gcm_schedule_size(void);

// The schedule of 32 bytes. Only where it has a size.
void keyway_gcm_expand(const void *key, void *schedule);

// Decrypts in one go and gives the tag of 16 bytes that the message should have had: the caller compares.
void keyway_gcm_decrypt(const void *schedule, const void *nonce, const void *data, size_t data_count, const void *sealed,
                        size_t count, void *clear, void *tag);

#endif
