#include "recognise/internal.h"

#include <math.h>

/* Rows and columns count from 1 here: 0 is the root of each search. */
struct assignment {
    const float *gains;
    size_t rows, columns; /* the columns that exist, then one dummy of gain 0 a row */
    size_t width;
    double *row_price, *column_price;
    size_t *row_of; /* column → row, 0: free */
};

static double cost(const struct assignment *assignment, size_t row, size_t column)
{
    if (column > assignment->columns) {
        return 0;
    }
    return -(double)fmaxf(assignment->gains[(row - 1) * assignment->columns + column - 1], 0);
}

/* Gives `row` a column along the cheapest chain of reassignments. */
static void augment(struct assignment *assignment, size_t row, double *distance, size_t *previous,
                    bool *done)
{
    for (size_t column = 0; column <= assignment->width; column++) {
        distance[column] = INFINITY;
        done[column] = false;
    }
    assignment->row_of[0] = row;
    size_t at = 0;
    while (assignment->row_of[at] != 0) {
        done[at] = true;
        size_t from = assignment->row_of[at];
        size_t next = 0;
        double step = INFINITY;
        for (size_t column = 1; column <= assignment->width; column++) {
            if (done[column]) {
                continue;
            }
            double reduced = cost(assignment, from, column) - assignment->row_price[from] -
                             assignment->column_price[column];
            if (reduced < distance[column]) {
                distance[column] = reduced;
                previous[column] = at;
            }
            if (distance[column] < step) {
                step = distance[column];
                next = column;
            }
        }
        for (size_t column = 0; column <= assignment->width; column++) {
            if (done[column]) {
                assignment->row_price[assignment->row_of[column]] += step;
                assignment->column_price[column] -= step;
            } else {
                distance[column] -= step;
            }
        }
        at = next;
    }
    while (at != 0) {
        assignment->row_of[at] = assignment->row_of[previous[at]];
        at = previous[at];
    }
}

void recognise_assign(const float *gains, size_t rows, size_t columns, int *assigned)
{
    size_t width = columns + rows;
    g_autofree double *row_price = g_new0(double, rows + 1);
    g_autofree double *column_price = g_new0(double, width + 1);
    g_autofree size_t *row_of = g_new0(size_t, width + 1);
    g_autofree double *distance = g_new(double, width + 1);
    g_autofree size_t *previous = g_new0(size_t, width + 1);
    g_autofree bool *done = g_new(bool, width + 1);
    struct assignment assignment = {gains, rows, columns, width, row_price, column_price, row_of};
    for (size_t row = 1; row <= rows; row++) {
        augment(&assignment, row, distance, previous, done);
        assigned[row - 1] = -1;
    }
    for (size_t column = 1; column <= columns; column++) {
        size_t row = row_of[column];
        if (row != 0 && cost(&assignment, row, column) < 0) {
            assigned[row - 1] = (int)(column - 1);
        }
    }
}
