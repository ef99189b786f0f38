#pragma once

/// Marks what a shared build exports; everything else in the library is hidden.
#define SACCADE_API [[gnu::visibility("default")]]
