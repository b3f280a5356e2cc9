// Noisegate started by itself: a command in a process of its own, which can fail or be killed alone.
#pragma once

#include "tools/cli/command.h"
#include "tools/cli/interrupt.h"

namespace noisegate {

/// Runs this executable with these arguments, its output where ours goes, and waits for its end. A signal
/// that `interrupt` notes is handed on to it, once; should this process be killed, it gets a SIGTERM. Returns
/// its exit code, or 128 + the signal that ended it. Throws Error where it cannot be started.
int run_noisegate(const Arguments& arguments, const InterruptGuard& interrupt);

}  // namespace noisegate
