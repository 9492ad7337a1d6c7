#pragma once

/// How many processors this process may run on (its affinity mask, not what the machine has).
int available_processors(void);

/// What the calling thread is called in lists of threads; of longer names the first 15 bytes.
void name_this_thread(const char *name);
