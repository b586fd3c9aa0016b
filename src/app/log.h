/* Log lines on standard error: "time level: message", one line a message whatever it contains. */
#ifndef APP_LOG_H
#define APP_LOG_H

/* `level` is "error", "warning", "info" or "debug": less important messages are dropped. Call it
 * once or more, from the main thread. */
void app_log_start(const char *level);

#endif
