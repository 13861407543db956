// Chromaprint's fingerprints of sound, as the encoder makes them.
#pragma once

#include <chromaprint.h>

static const int keyway_chromaprint_algorithm = CHROMAPRINT_ALGORITHM_DEFAULT;
