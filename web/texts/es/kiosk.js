// Español: the kiosk.
export default {
};
