#include "service/demo_internal.h"

#include "core/timetable.h"

#include <string.h>

#define DOMAIN "ceiba.example"

static const char *const GIVEN[] = {
    "Ana",      "Sofía",     "María",    "Paola",   "Rosa",    "Karla",     "Elena",  "Nadia",
    "Inés",     "Ximena",    "Lucía",    "Valeria", "Daniela", "Fernanda",  "Itzel",  "Citlali",
    "Abril",    "Regina",    "Mónica",   "Beatriz", "Noemí",   "Guadalupe", "Yazmín", "Aurora",
    "Renata",   "Camila",    "Julieta",  "Miriam",  "Leticia", "Verónica",  "Diego",  "Luis",
    "Iván",     "José",      "Leonardo", "Hugo",    "Raúl",    "Omar",      "Toño",   "Andrés",
    "Emiliano", "Santiago",  "Mateo",    "Ángel",   "Óscar",   "Rubén",     "Héctor", "Joaquín",
    "Nicolás",  "Sebastián", "Tomás",    "Gael",    "Uriel",   "Balam",     "Ramón",  "Darío",
    "Efraín",   "Martín",    "Fabián",   "Esteban",
};

/* Second names that go with any first one. */
static const char *const SECOND[] = {"Guadalupe", "Jesús", "de los Ángeles", "Itzamná", "Refugio"};

static const char *const YUCATECAN[] = {
    "Cauich",  "Uc",    "Chan",  "Canul", "Pech",  "Tun",    "Ek",    "May",    "Dzul",
    "Poot",    "Noh",   "Ku",    "Cob",   "Chi",   "Xool",   "Puc",   "Balam",  "Caamal",
    "Canché",  "Chuc",  "Cocom", "Couoh", "Dzib",  "Euán",   "Hau",   "Huchim", "Itzá",
    "Kantún",  "Koh",   "Mex",   "Mis",   "Mukul", "Nahuat", "Ojeda", "Pat",    "Pool",
    "Quijano", "Tamay", "Tzec",  "Uicab", "Uitz",  "Xiu",    "Yam",   "Zapata", "Batún",
};

static const char *const SPANISH[] = {
    "Pérez",   "López",   "Gómez",  "Hernández", "Martínez",  "García",   "Sánchez",  "Ramírez",
    "Núñez",   "Ibáñez",  "Peña",   "Muñoz",     "Rodríguez", "Vázquez",  "Méndez",   "Domínguez",
    "Góngora", "Cáceres", "Sosa",   "Herrera",   "Aguilar",   "Novelo",   "Esquivel", "Marrufo",
    "Alcocer", "Medina",  "Rosado", "Solís",     "Trejo",     "Zaldívar",
};

#define PICK(dice, list) ((list)[service_demo_roll((dice), G_N_ELEMENTS(list))])

/* As people there write themselves: a first name, sometimes another one, and two surnames. */
static char *make_name(struct demo_dice *dice)
{
    const char *given = PICK(dice, GIVEN);
    const char *second = service_demo_roll(dice, 7) == 0 ? PICK(dice, SECOND) : NULL;
    const char *father =
        service_demo_roll(dice, 10) < 7 ? PICK(dice, YUCATECAN) : PICK(dice, SPANISH);
    const char *mother =
        service_demo_roll(dice, 10) < 5 ? PICK(dice, YUCATECAN) : PICK(dice, SPANISH);

    if (second && strcmp(second, given) != 0)
        return g_strjoin(" ", given, second, father, mother, NULL);
    return g_strjoin(" ", given, father, mother, NULL);
}

/* "José Ángel Pech Núñez" → "jose.pech": the first name and the first surname, plainly spelt. */
static char *make_address(const char *name, guint attempt)
{
    g_autofree char *key = base_text_key(name);
    g_auto(GStrv) words = g_strsplit(key, " ", -1);
    const guint n = g_strv_length(words);
    const char *surname = words[n >= 2 ? n - 2 : 0];

    return attempt == 0 ? g_strdup_printf("%s.%s@" DOMAIN, words[0], surname)
                        : g_strdup_printf("%s.%s%u@" DOMAIN, words[0], surname, attempt + 1);
}

/* Addresses that are easy to remember, for those whom a demonstration signs in as. */
static const char *known_address(const struct demo_person *person, guint index)
{
    static const char *const KNOWN[CORE_ROLE_N] = {
        [CORE_ROLE_ADMIN] = "direccion@" DOMAIN,
        [CORE_ROLE_TEACHER] = "docente@" DOMAIN,
        [CORE_ROLE_STUDENT] = "estudiante@" DOMAIN,
    };

    return index == 0 || person->role == CORE_ROLE_ADMIN ? KNOWN[person->role] : NULL;
}

static void name_student(const struct demo *demo, struct demo_person *person, guint index,
                         struct demo_dice *dice)
{
    char day[CORE_DAY_SIZE];
    const gint32 age = (gint32)(18 * 366 + service_demo_roll(dice, 6 * 365));

    core_day_from_number(demo->first_day - age, day);
    person->birth = g_strdup(day);
    core_day_from_number(demo->first_day - 365 * (gint32)service_demo_roll(dice, 4), day);
    person->number = g_strdup_printf("%.2s%06u", day + 2, 140000 + index * 7 % 1000000);
    person->language = service_demo_roll(dice, 12) == 0 ? "en" : NULL;
}

void service_demo_name(const struct demo *demo, struct demo_person *person, guint index,
                       GHashTable *taken)
{
    struct demo_dice dice =
        service_demo_dice(demo, DEMO_TOPIC_NAME, (guint64)person->role, (guint64)index);

    do {
        g_free(person->name);
        person->name = make_name(&dice);
    } while (!g_hash_table_add(taken, g_strdup(person->name)));
    const char *known = known_address(person, index);
    person->email = g_strdup(known);
    for (guint attempt = 0; !person->email; attempt++) {
        g_autofree char *address = make_address(person->name, attempt);
        if (g_hash_table_add(taken, g_strdup(address)))
            person->email = g_steal_pointer(&address);
    }
    if (person->role == CORE_ROLE_STUDENT)
        name_student(demo, person, index, &dice);
}
