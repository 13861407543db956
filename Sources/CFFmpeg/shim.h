// FFmpeg's libraries as the encoder uses them. Function-like macros are not imported into Swift; the constants and inline
// functions below stand in for those that are needed.
#pragma once

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/aes.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/rational.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const int keyway_error_again = AVERROR(EAGAIN);
static const int keyway_error_end = AVERROR_EOF;
static const int keyway_error_memory = AVERROR(ENOMEM);
static const int64_t keyway_no_timestamp = AV_NOPTS_VALUE;

/// What a reading context reads: an open file up to the size that it had, so that one that grows ends all the same. Its
/// place is its own: several contexts can read one descriptor.
struct keyway_source {
    /// As pread(2).
    ssize_t (*read)(int descriptor, void *bytes, size_t count, int64_t offset);
    int descriptor;
    int64_t position;
    int64_t size;
};

static int keyway_read(void *opaque, uint8_t *buffer, int size) {
    struct keyway_source *source = opaque;
    int64_t left = source->size - source->position;
    if (left <= 0) return AVERROR_EOF;
    if (size > left) size = (int)left;
    ssize_t count;
    do {
        count = source->read(source->descriptor, buffer, (size_t)size, source->position);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return AVERROR(errno);
    source->position += count;
    return count == 0 ? AVERROR_EOF : (int)count;
}

static int64_t keyway_seek(void *opaque, int64_t offset, int whence) {
    struct keyway_source *source = opaque;
    if (whence & AVSEEK_SIZE) return source->size;
    int64_t base = 0;
    switch (whence & ~AVSEEK_FORCE) {
    case SEEK_SET: break;
    case SEEK_CUR: base = source->position; break;
    case SEEK_END: base = source->size; break;
    default: return AVERROR(EINVAL);
    }
    int64_t position;
    if (__builtin_add_overflow(base, offset, &position) || position < 0) return AVERROR(EINVAL);
    return source->position = position;
}

static int keyway_refuse_open(
    AVFormatContext *context, AVIOContext **io, const char *url, int flags, AVDictionary **options) {
    return AVERROR(EPERM);
}

/// A demuxing context that reads an open file of a size, and whose demuxers can open nothing else. Null when memory is
/// short.
static inline AVFormatContext *keyway_reading_context(
    int descriptor, int64_t file_size, ssize_t (*read)(int, void *, size_t, int64_t)) {
    const int size = 1 << 16;
    AVFormatContext *context = avformat_alloc_context();
    unsigned char *buffer = (unsigned char *)av_malloc(size);
    struct keyway_source *source = (struct keyway_source *)av_mallocz(sizeof *source);
    AVIOContext *io = buffer && source
        ? avio_alloc_context(buffer, size, 0, source, keyway_read, NULL, keyway_seek)
        : NULL;
    if (!context || !io) {
        avformat_free_context(context);
        if (!io) {
            av_free(buffer);
            av_free(source);
        }
        return NULL;
    }
    source->read = read;
    source->descriptor = descriptor;
    source->size = file_size;
    context->pb = io;
    context->io_open = keyway_refuse_open;
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    return context;
}

/// Frees what `keyway_reading_context` made; FFmpeg may have replaced the buffer.
static inline void keyway_free_io(AVIOContext *io) {
    if (!io) return;
    av_freep(&io->buffer);
    av_freep(&io->opaque);
    avio_context_free(&io);
}

/// `avformat_find_stream_info` with decoders that refuse larger pictures.
static inline int keyway_find_stream_info(AVFormatContext *context, int64_t pixels) {
    unsigned count = context->nb_streams;
    AVDictionary **options = (AVDictionary **)av_calloc(count ? count : 1, sizeof *options);
    if (!options) return AVERROR(ENOMEM);
    for (unsigned i = 0; i < count; i++) av_dict_set_int(&options[i], "max_pixels", pixels, 0);
    int result = avformat_find_stream_info(context, options);
    for (unsigned i = 0; i < count; i++) av_dict_free(&options[i]);
    av_free(options);
    return result;
}

static void keyway_log(void *context, int level, const char *format, va_list arguments) {
    static int lines = 0;
    if (level > AV_LOG_ERROR || __atomic_add_fetch(&lines, 1, __ATOMIC_RELAXED) > 200) return;
    char line[512];
    int prefix = 1;
    av_log_format_line(context, level, format, arguments, line, sizeof line, &prefix);
    fputs(line, stderr);
}

/// Sends FFmpeg's errors to standard error, at most 200 of them.
static inline void keyway_bound_log(void) { av_log_set_callback(keyway_log); }

/// Degrees clockwise that a display matrix asks for, rounded to 0, 90, 180 or 270.
static inline int keyway_rotation(const AVStream *stream) {
    const int32_t *matrix = (const int32_t *)av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    if (!matrix) return 0;
    double degrees = -av_display_rotation_get(matrix);
    if (degrees != degrees) return 0;
    int quarter = (int)(degrees / 90 + (degrees < 0 ? -0.5 : 0.5)) % 4;
    return ((quarter + 4) % 4) * 90;
}

static const int keyway_probe_padding = AVPROBE_PADDING_SIZE;
