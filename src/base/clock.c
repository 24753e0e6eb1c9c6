#include "fqrun/base.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000 };

int64_t fq_clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t fq_clock_wall_s(void)
{
	return (int64_t)time(NULL);
}

int64_t fq_clock_wall_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t fq_clock_ticks(void)
{
	struct timespec now;
	int64_t a_second = sysconf(_SC_CLK_TCK);
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * a_second + now.tv_nsec / (NS_PER_S / a_second);
}

void fq_boot_id(char ret_id[64])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, ret_id, 63);
	ret_id[len > 0 ? len : 0] = '\0';
	ret_id[strcspn(ret_id, "\n")] = '\0';
	if (fd >= 0) {
		close(fd);
	}
}

void fq_buf_add_duration(struct fq_buf *buf, int64_t ns)
{
	int64_t s = ns / NS_PER_S;
	if (s < 10) {
		fq_buf_addf(buf, "%lld.%llds", (long long)s, (long long)(ns % NS_PER_S / (NS_PER_S / 10)));
	} else if (s < 60) {
		fq_buf_addf(buf, "%llds", (long long)s);
	} else if (s < 3600) {
		fq_buf_addf(buf, "%lldm%02llds", (long long)(s / 60), (long long)(s % 60));
	} else {
		fq_buf_addf(buf, "%lldh%02lldm", (long long)(s / 3600), (long long)(s / 60 % 60));
	}
}

static int64_t unit_ns(char unit)
{
	switch (unit) {
	case 's':
		return NS_PER_S;
	case 'm':
		return INT64_C(60) * NS_PER_S;
	case 'h':
		return INT64_C(3600) * NS_PER_S;
	case 'd':
		return INT64_C(86400) * NS_PER_S;
	default:
		return 0;
	}
}

/* "12" or "0.5" at the start of *text, which moves on. */
static bool take_decimal(struct fq_text *text, double *ret)
{
	double value = 0, scale = 1;
	size_t digits = 0;
	bool behind_dot = false;
	for (; text->len; text->at++, text->len--) {
		char c = text->at[0];
		if (c == '.' && !behind_dot && digits) {
			behind_dot = true;
			continue;
		}
		if (c < '0' || c > '9') {
			break;
		}
		digits++;
		value = value * 10 + (c - '0');
		scale = behind_dot ? scale * 10 : 1;
	}
	*ret = value / scale;
	return digits > 0;
}

bool fq_parse_duration(struct fq_text text, int64_t *ret_ns)
{
	double total = 0, part;
	int64_t before = INT64_MAX;
	if (text.len == 0) {
		return false;
	}
	while (text.len) {
		if (!take_decimal(&text, &part) || text.len == 0) {
			return false;
		}
		int64_t unit = unit_ns(text.at[0]);
		if (unit == 0 || unit >= before) {
			return false;
		}
		before = unit;
		total += part * (double)unit;
		text.at++;
		text.len--;
	}
	if (!(total <= 9.2e18)) { /* too long, or not a number */
		return false;
	}
	*ret_ns = (int64_t)(total + 0.5); /* 1.005 has no double of its own */
	return true;
}
