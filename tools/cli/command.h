// The commands, one file each: they take the arguments behind their name and return the exit code. Wrong use
// and failures come out as Error.
#pragma once

#include <string>
#include <vector>

namespace noisegate {

using Arguments = std::vector<std::string>;

int train_command(const Arguments& arguments);
int eval_command(const Arguments& arguments);
int list_command(const Arguments& arguments);
int loss_command(const Arguments& arguments);
int sweep_command(const Arguments& arguments);
int bench_command(const Arguments& arguments);
int noise_command(const Arguments& arguments);
int report_command(const Arguments& arguments);
int suspects_command(const Arguments& arguments);

}  // namespace noisegate
