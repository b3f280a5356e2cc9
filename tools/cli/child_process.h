// Runs Noisegate in a child process, which can fail or be killed alone.
#pragma once

#include "tools/cli/command.h"
#include "tools/cli/interrupt.h"

namespace noisegate {

/// Runs this executable with these arguments and the same output, and waits for its end. Forwards a signal
/// that `interrupt` notes, once; if this process is killed, the child gets a SIGTERM. Returns the child's
/// exit code, or 128 + the signal that ended it. Throws Error if it cannot be started.
int run_noisegate(const Arguments& arguments, const InterruptGuard& interrupt);

}  // namespace noisegate
