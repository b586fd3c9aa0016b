// Español: the pages of administrators.
export default {
};
