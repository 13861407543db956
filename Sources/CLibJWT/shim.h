// libjwt 1.10: used to issue tokens, never to verify them.
#pragma once

#include <jwt.h>
