// What the encoder reads: open files, and originals that its parent reads for it.
#ifndef KEYWAY_CINPUTPORT_H
#define KEYWAY_CINPUTPORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Connects to the parent, which serves an original at a path of the file system. To be called before the process gives up
/// the right to.
///
/// The parent sends the size, eight bytes with the highest first, and then answers requests, each of an offset (eight
/// bytes) and a count (four), with so many bytes.
///
/// Returns a descriptor for `keyway_input_read`, or -1 with errno set.
int keyway_input_connect(const char *path, uint64_t *size);

/// As pread(2), of a file or of what `keyway_input_connect` gave, from any thread.
ssize_t keyway_input_read(int descriptor, void *bytes, size_t count, int64_t offset);

#endif
