/* check_until -d YYYY-MM-DD [-w DAYS] [-c DAYS]: a program of the Nagios convention. Says how many days are left
 * until a date: of a licence, a domain, a contract. It knows nothing of Watchkeep, nor of WebAssembly. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum state { OK, WARNING, CRITICAL, UNKNOWN };

static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static long days_of(int year, int month, int day)
{
	year -= month <= 2;
	long era = year / 400;
	long of_era = year - era * 400;
	long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int usage(const char *problem)
{
	printf("UNTIL UNKNOWN - %s; usage: check_until -d YYYY-MM-DD [-w DAYS] [-c DAYS]\n", problem);
	return UNKNOWN;
}

int main(int argc, char **argv)
{
	int year = 0, month = 0, day = 0, option;
	long warning = 30, critical = 7;

	while ((option = getopt(argc, argv, "d:w:c:")) != -1) {
		switch (option) {
		case 'd':
			if (sscanf(optarg, "%d-%d-%d", &year, &month, &day) != 3)
				return usage("the date is none");
			break;
		case 'w':
			warning = atol(optarg);
			break;
		case 'c':
			critical = atol(optarg);
			break;
		default:
			return usage("an option is not known");
		}
	}
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return usage("there is no date");

	long left = days_of(year, month, day) - (long)(time(NULL) / 86400);
	enum state state = left < critical ? CRITICAL : left < warning ? WARNING : OK;
	printf("UNTIL %s - %ld days left | days=%ld;%ld:;%ld:\n", names[state], left, left, warning, critical);
	printf("until %04d-%02d-%02d\n", year, month, day);
	return state;
}
