// Whole models against finite differences, with every switch on and off, for all and for some
// forks.
#include "nn/op.h"
#include "support/toy_model.h"

static const int64_t some_steps[] = {1, 4};
static const struct mq_forks cases[] = {{TOY_T, NULL}, {2, some_steps}};
static const double level[] = {0.1, 0.5, 0.9};

// Every third date is masked, and scales and weights differ between forks.
static void add_loss(struct rig *rig, mq_value yhat, struct mq_observed of, struct mq_forks forks)
{
    for (int64_t i = 0; i < TOY_B * (TOY_T + TOY_H); i++)
        *element(rig->input[of.mask], i) = (mq_real)(i % 3 != 2);
    for (int64_t i = 0; i < TOY_B * forks.n; i++) {
        *element(rig->input[of.scale], i) = (mq_real)(1 + 0.25 * (double)(i % 3));
        *element(rig->input[of.weight], i) = (mq_real)(i % 4 == 3 ? 0 : 0.5);
    }
    mq_pinball(rig->graph, yhat, of, forks, level, TOY_Q);
}

static void check_model(const char *name, const struct toy_setting *set, struct mq_forks forks)
{
    struct rig rig;
    rig_init(&rig);
    const struct mq_observed observed =
        rig_observed(&rig, mq_shape2(TOY_B, TOY_T + TOY_H), mq_shape2(TOY_B, forks.n));
    const struct toy_model toy = toy_model_build(&rig, name, set, forks);
    add_loss(&rig, toy.yhat, observed, forks);
    rig_start(&rig, MQ_TRAIN);
    check_gradients(&rig, -1);
    rig_release(&rig);
}

START_TEST(test_mqcnn)
{
    static const struct toy_setting small[] = {{"channels", "3"},
                                               {"dilations", "2"},
                                               {"hidden", "4"},
                                               {"context_size", "3"},
                                               {"local", "4"},
                                               {"static_size", "2"},
                                               {0}};
    static const struct toy_setting other[] = {
        {"channels", "2"},     {"dilations", "3"}, {"kernel", "3"},    {"hidden", "3"},
        {"context_size", "2"}, {"local", "3"},     {"dropout", "0.3"}, {0}};
    check_model("mqcnn", _i / 2 ? other : small, cases[_i % 2]);
}
END_TEST

// Bits of the loop's index, one per switch, then the list of forks.
START_TEST(test_mqtransformer)
{
    const struct toy_setting set[] = {{"channels", "3"},
                                      {"dilations", "2"},
                                      {"hidden", "3"},
                                      {"context_size", "4"},
                                      {"local", "3"},
                                      {"static_size", "2"},
                                      {"position_size", "2"},
                                      {"position", _i & 1 ? "true" : "false"},
                                      {"cross_attention", _i & 2 ? "true" : "false"},
                                      {"self_attention", _i & 4 ? "true" : "false"},
                                      {0}};
    check_model("mqtransformer", set, cases[_i / 8]);
}
END_TEST

START_TEST(test_mqtransformer_forms)
{
    static const char *const switches[] = {"query_now", "value_position", "self_position",
                                           "self_state"};
    struct toy_setting set[] = {{"channels", "3"},
                                {"dilations", "2"},
                                {"hidden", "3"},
                                {"context_size", "4"},
                                {"local", "3"},
                                {"heads", "1"},
                                {"window", "3"},
                                {"position_size", "2"},
                                {"position_kernel", "1"},
                                {switches[_i / 2], _i & 1 ? "true" : "false"},
                                {0}};
    check_model("mqtransformer", set, cases[1]);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("grad");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_mqcnn, 0, 4);
    const bool is_double = sizeof(mq_real) == sizeof(double);
    tcase_add_loop_test(tc, test_mqtransformer, 0, is_double ? 16 : 4);
    tcase_add_loop_test(tc, test_mqtransformer_forms, 0, is_double ? 8 : 2);
    return run_tests("grad/model_forms", tc);
}
