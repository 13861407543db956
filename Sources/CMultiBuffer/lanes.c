#define _DEFAULT_SOURCE // explicit_bzero
#include "CMultiBuffer.h"

#if defined(__x86_64__) && __has_include(<intel-ipsec-mb.h>)

#include <dlfcn.h>
#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <string.h>

// The library has a 16-bit count of what is left in each lane.
enum { MOST_BYTES = 65520, MOST_CHAINS = 32, BLOCK = 16 };

// What the header's macros need by name; everything else goes through the manager.
struct library {
    IMB_MGR *(*make)(uint64_t);
    void (*start)(IMB_MGR *, IMB_ARCH *);
    void (*end)(IMB_MGR *);
};

// Opened when it is first needed, so that programs run without it, and those that neither encrypt media nor open many keys do not
// load it. It is never closed.
static int open_library(struct library *library) {
    void *handle = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return 0;
    *(void **)&library->make = dlsym(handle, "alloc_mb_mgr");
    *(void **)&library->start = dlsym(handle, "init_mb_mgr_auto");
    *(void **)&library->end = dlsym(handle, "free_mb_mgr");
    return library->make != NULL && library->start != NULL && library->end != NULL;
}

void *keyway_lanes_new(void) {
    struct library library;
    if (!open_library(&library)) return NULL;
    IMB_MGR *manager = library.make(0);
    if (manager == NULL) return NULL;
    IMB_ARCH architecture = IMB_ARCH_NONE;
    library.start(manager, &architecture);
    if (manager->submit_cipher_burst == NULL || architecture < IMB_ARCH_AVX) {
        library.end(manager);
        return NULL;
    }
    return manager;
}

void keyway_lanes_free(void *lanes) {
    struct library library;
    if (lanes != NULL && open_library(&library)) library.end(lanes);
}

void keyway_lanes_expand(const void *lanes, const void *key, void *schedule) {
    // The library wants room for the decryption's schedule, too.
    _Alignas(16) uint8_t unused[KEYWAY_SCHEDULE_SIZE];
    IMB_AES_KEYEXP_128((const IMB_MGR *)lanes, key, schedule, unused);
    explicit_bzero(unused, sizeof unused);
}

// One turn: as much of each chain as the library takes at a time.
static int encrypt_some(IMB_MGR *manager, struct keyway_chain *chains, size_t count) {
    IMB_JOB jobs[MOST_CHAINS];
    uint32_t used = 0;
    memset(jobs, 0, sizeof jobs[0] * (count < MOST_CHAINS ? count : MOST_CHAINS));
    for (size_t i = 0; i < count && used < MOST_CHAINS; i++) {
        if (chains[i].count == 0) continue;
        IMB_JOB *job = &jobs[used++];
        job->src = chains[i].bytes;
        job->dst = chains[i].bytes;
        job->enc_keys = chains[i].schedule;
        job->key_len_in_bytes = IMB_KEY_128_BYTES;
        job->iv = chains[i].vector;
        job->iv_len_in_bytes = BLOCK;
        job->msg_len_to_cipher_in_bytes = chains[i].count < MOST_BYTES ? chains[i].count : MOST_BYTES;
        job->cipher_mode = IMB_CIPHER_CBC;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->hash_alg = IMB_AUTH_NULL;
        job->chain_order = IMB_ORDER_CIPHER_HASH;
        job->user_data = &chains[i];
    }
    if (used == 0) return 0;
    if (IMB_SUBMIT_CIPHER_BURST(manager, jobs, used, IMB_CIPHER_CBC, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES) != used)
        return -1;
    for (uint32_t i = 0; i < used; i++) {
        struct keyway_chain *chain = jobs[i].user_data;
        size_t done = jobs[i].msg_len_to_cipher_in_bytes;
        if (jobs[i].status != IMB_STATUS_COMPLETED) return -1;
        memcpy(chain->vector, chain->bytes + done - BLOCK, BLOCK);
        chain->bytes += done;
        chain->count -= done;
    }
    return 1;
}

int keyway_lanes_encrypt(void *lanes, struct keyway_chain *chains, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (chains[i].count % BLOCK != 0) return -1;
    int turn;
    while ((turn = encrypt_some(lanes, chains, count)) > 0) {}
    return turn;
}

// What the manager has finished; 0 when that is as it should be.
static int collect(IMB_MGR *manager, IMB_JOB *job, size_t *done) {
    int result = 0;
    for (; job != NULL; job = IMB_GET_COMPLETED_JOB(manager)) {
        if (job->status != IMB_STATUS_COMPLETED) result = -1;
        *done += 1;
    }
    return result;
}

int keyway_lanes_encrypt_pattern(void *lanes, struct keyway_chain *chains, size_t count) {
    IMB_MGR *manager = lanes;
    size_t submitted = 0, done = 0;
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        if (chains[i].count < BLOCK) continue;
        IMB_JOB *job = IMB_GET_NEXT_JOB(manager);
        memset(job, 0, sizeof *job);
        job->src = chains[i].bytes;
        job->dst = chains[i].bytes;
        job->enc_keys = chains[i].schedule;
        job->key_len_in_bytes = IMB_KEY_128_BYTES;
        job->iv = chains[i].vector;
        job->iv_len_in_bytes = BLOCK;
        job->msg_len_to_cipher_in_bytes = chains[i].count / BLOCK * BLOCK;
        job->cipher_mode = IMB_CIPHER_CBCS_1_9;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->hash_alg = IMB_AUTH_NULL;
        job->chain_order = IMB_ORDER_CIPHER_HASH;
        job->cipher_fields.CBCS.next_iv = chains[i].vector;
        submitted++;
        if (collect(manager, IMB_SUBMIT_JOB(manager), &done) != 0) result = -1;
    }
    // Whatever happened, no job stays behind that points to these bytes.
    for (IMB_JOB *job; (job = IMB_FLUSH_JOB(manager)) != NULL;)
        if (collect(manager, job, &done) != 0) result = -1;
    return done == submitted ? result : -1;
}

// Only its table of functions is used, by any thread.
static IMB_MGR *shared;

static void make_shared(void) { shared = keyway_lanes_new(); }

static IMB_MGR *functions(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_shared);
    return shared;
}

size_t keyway_gcm_schedule_size(void) { return functions() == NULL ? 0 : sizeof(struct gcm_key_data); }

void keyway_gcm_expand(const void *key, void *schedule) { IMB_AES256_GCM_PRE(functions(), key, schedule); }

void keyway_gcm_decrypt(const void *schedule, const void *nonce, const void *data, size_t data_count, const void *sealed,
                        size_t count, void *clear, void *tag) {
    struct gcm_context_data context;
    IMB_AES256_GCM_DEC(functions(), schedule, &context, clear, sealed, count, nonce, data, data_count, tag, 16);
    explicit_bzero(&context, sizeof context);
}

#else

size_t keyway_gcm_schedule_size(void) { return 0; }
void keyway_gcm_expand(const void *key, void *schedule) { (void)key; (void)schedule; }
void keyway_gcm_decrypt(const void *schedule, const void *nonce, const void *data, size_t data_count, const void *sealed,
                        size_t count, void *clear, void *tag) {
    (void)schedule; (void)nonce; (void)data; (void)data_count; (void)sealed; (void)count; (void)clear; (void)tag;
}
void *keyway_lanes_new(void) { return NULL; }
void keyway_lanes_free(void *lanes) { (void)lanes; }
void keyway_lanes_expand(const void *lanes, const void *key, void *schedule) {
    (void)lanes; (void)key; (void)schedule;
}
int keyway_lanes_encrypt(void *lanes, struct keyway_chain *chains, size_t count) {
    (void)lanes; (void)chains; (void)count;
    return -1;
}
int keyway_lanes_encrypt_pattern(void *lanes, struct keyway_chain *chains, size_t count) {
    (void)lanes; (void)chains; (void)count;
    return -1;
}

#endif
